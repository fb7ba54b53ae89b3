// The Vercel AI SDK, through its providers for compatible servers and for OpenAI itself.

import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Output, embedMany, generateText, isStepCount, streamText, tool } from "ai";
import { z } from "zod";

import { KEY, QUESTION, RETRIES, URL, all, main, refusal } from "./checks.mjs";

const options = { baseURL: URL, apiKey: KEY };
const compatible = (apiKey = KEY) =>
  createOpenAICompatible({ name: "wrp", ...options, apiKey, includeUsage: true });
const providers = {
  compatible: { chat: (model, key) => compatible(key).chatModel(model) },
  chat: { chat: (model, apiKey = KEY) => createOpenAI({ ...options, apiKey }).chat(model) },
  responses: {
    chat: (model, apiKey = KEY) => createOpenAI({ ...options, apiKey }).responses(model),
  },
};
const { chat } = providers[process.argv[2]];

const Person = z.object({ name: z.string(), age: z.number() });
const prompt = QUESTION;
const ask = (model = "small", more = {}) =>
  generateText({ model: chat(model), prompt, maxRetries: RETRIES, ...more });
const stream = (model, more = {}) =>
  streamText({ model: chat(model), prompt, maxRetries: 0, onError() {}, ...more });

const seenIn = (text, finish, usage) => ({
  text,
  finish,
  tokens: [usage.inputTokens, usage.outputTokens],
});

// What a retried call throws has the last error inside.
const failing = (run) =>
  refusal(async () => {
    try {
      return await run();
    } catch (error) {
      const inner = error.lastError ?? error;
      inner.code ??= inner.data?.error?.code;
      throw inner;
    }
  });

await main({
  async plain() {
    const answer = await ask();
    return seenIn(answer.text, answer.finishReason, answer.usage);
  },

  async stream() {
    const answer = stream("small");
    const texts = (await all(answer.textStream)).filter(Boolean);
    const seen = seenIn(texts.join(""), await answer.finishReason, await answer.usage);
    return { ...seen, pieces: texts.length };
  },

  async tools() {
    const calls = [];
    const weather = tool({
      description: "Tell the weather of a city.",
      inputSchema: z.object({ city: z.string() }),
      execute: async (input) => {
        calls.push(["weather", input]);
        return `sun in ${input.city}`;
      },
    });
    const { text } = await ask("small", { tools: { weather }, stopWhen: isStepCount(3) });
    return { calls, text };
  },

  async structured() {
    const { output } = await ask("small", { output: Output.object({ schema: Person }) });
    return output;
  },

  async embeddings() {
    const model = compatible().embeddingModel("embedding");
    return (await embedMany({ model, values: ["one", "two"] })).embeddings;
  },

  wrong_key: failing(() => generateText({ model: chat("small", "wrong"), prompt })),
  unknown_model: failing(() => ask("no-such-model")),
  limited: failing(() => ask("limited")),
  too_long: failing(() => ask("long")),

  async broken_stream() {
    const parts = await all(stream("broken").fullStream);
    const kinds = parts.map((part) => part.type);
    return { error: kinds.includes("error") };
  },

  async cancelled() {
    const controller = new AbortController();
    const answer = stream("slow", { abortSignal: controller.signal });
    for await (const text of answer.textStream) {
      if (!text) continue;
      controller.abort();
      return text;
    }
  },
});
