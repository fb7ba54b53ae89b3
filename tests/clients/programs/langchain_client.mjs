// LangChain's ChatOpenAI and OpenAIEmbeddings for Node.

import { ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { z } from "zod";

import { KEY, QUESTION, RETRIES, URL, all, main, refusal } from "./checks.mjs";

const Person = z.object({ name: z.string(), age: z.number() });
const configuration = { baseURL: URL };
const chat = (model = "small", more = {}) =>
  new ChatOpenAI({ model, apiKey: KEY, configuration, maxRetries: RETRIES, ...more });
const weather = tool(async ({ city }) => `sun in ${city}`, {
  name: "weather",
  description: "Tell the weather of a city.",
  schema: z.object({ city: z.string() }),
});

const seenIn = (message) => ({
  text: message.text,
  finish: message.response_metadata.finish_reason,
  tokens: [message.usage_metadata.input_tokens, message.usage_metadata.output_tokens],
});

await main({
  plain: async () => seenIn(await chat().invoke(QUESTION)),

  async stream() {
    const chunks = await all(await chat().stream(QUESTION));
    const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
    return { ...seenIn(whole), pieces: chunks.filter((chunk) => chunk.text).length };
  },

  async tools() {
    const able = chat().bindTools([weather]);
    const first = await able.invoke(QUESTION);
    const results = [];
    for (const call of first.tool_calls) {
      const content = await weather.invoke(call.args);
      results.push(new ToolMessage({ content, tool_call_id: call.id }));
    }
    const second = await able.invoke([["user", QUESTION], first, ...results]);
    return { calls: first.tool_calls.map((call) => [call.name, call.args]), text: second.text };
  },

  structured: () => chat().withStructuredOutput(Person).invoke(QUESTION),

  embeddings: () =>
    new OpenAIEmbeddings({ model: "embedding", apiKey: KEY, configuration }).embedDocuments([
      "one",
      "two",
    ]),

  responses: async () => (await chat("small", { useResponsesApi: true }).invoke(QUESTION)).text,

  wrong_key: refusal(() => chat("small", { apiKey: "wrong" }).invoke(QUESTION)),
  unknown_model: refusal(() => chat("no-such-model").invoke(QUESTION)),
  too_long: refusal(() => chat("long").invoke(QUESTION)),
  broken_stream: refusal(async () => all(await chat("broken").stream(QUESTION))),

  async cancelled() {
    for await (const chunk of await chat("slow").stream(QUESTION)) if (chunk.text) return chunk.text;
  },
});
