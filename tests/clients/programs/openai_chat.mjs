// The stock client of OpenAI for Node: chat completions, embeddings and responses.

import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import { ASK, KEY, QUESTION, RETRIES, TOOLS, URL, WEATHER, all, main, refusal } from "./checks.mjs";

const Person = z.object({ name: z.string(), age: z.number() });
const client = new OpenAI({ baseURL: URL, apiKey: KEY, maxRetries: RETRIES });
const ask = (model, more = {}, options = {}) =>
  client.chat.completions.create({ model, messages: ASK, ...more }, options);

const tokens = (usage) => [usage.prompt_tokens, usage.completion_tokens];
const called = (calls) =>
  calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]);

await main({
  async plain() {
    const answer = await ask("small");
    const [choice] = answer.choices;
    return {
      text: choice.message.content,
      finish: choice.finish_reason,
      tokens: tokens(answer.usage),
    };
  },

  async stream() {
    const usage = { stream_options: { include_usage: true } };
    const chunks = await all(await ask("small", { stream: true, ...usage }));
    const choices = chunks.flatMap((chunk) => chunk.choices);
    const texts = choices.map((choice) => choice.delta.content).filter(Boolean);
    return {
      text: texts.join(""),
      pieces: texts.length,
      finish: choices.at(-1).finish_reason,
      tokens: tokens(chunks.find((chunk) => chunk.usage).usage),
    };
  },

  async stream_without_usage() {
    const chunks = await all(await ask("small", { stream: true }));
    return {
      empty: chunks.filter((chunk) => !chunk.choices.length).length,
      usage: chunks.at(-1).usage ?? null,
    };
  },

  async tools() {
    const first = (await ask("small", { tools: TOOLS })).choices[0].message;
    const results = first.tool_calls.map((call) => ({
      role: "tool",
      tool_call_id: call.id,
      content: "sun",
    }));
    const messages = [...ASK, first, ...results];
    const second = await ask("small", { tools: TOOLS, messages });
    return { calls: called(first.tool_calls), text: second.choices[0].message.content };
  },

  async stream_tools() {
    const events = client.chat.completions.stream({ model: "small", messages: ASK, tools: TOOLS });
    return called((await events.finalChatCompletion()).choices[0].message.tool_calls);
  },

  async structured() {
    const answer = await client.chat.completions.parse({
      model: "small",
      messages: ASK,
      response_format: zodResponseFormat(Person, "Person"),
    });
    return answer.choices[0].message.parsed;
  },

  async models() {
    const names = (await all(client.models.list())).map((model) => model.id);
    const one = await client.models.retrieve("small");
    return { first: names[0], small: names.includes("small"), one: one.id };
  },

  async completion() {
    const asked = { model: "small", prompt: "def add(", suffix: "return" };
    return (await client.completions.create(asked)).choices[0].text;
  },

  async embeddings() {
    const answer = await client.embeddings.create({ model: "embedding", input: ["one", "two"] });
    return answer.data.map((item) => item.embedding);
  },

  async embeddings_of_floats() {
    const answer = await client.embeddings.create({ model: "floats", input: ["one", "two"] });
    return answer.data.map((item) => item.embedding);
  },

  async responses() {
    const answer = await client.responses.create({ model: "small", input: QUESTION });
    return answer.output_text;
  },

  async responses_stream() {
    const events = client.responses.stream({ model: "small", input: QUESTION });
    return (await events.finalResponse()).output_text;
  },

  async responses_tools() {
    const tools = [{ type: "function", name: "weather", parameters: WEATHER, strict: true }];
    const { output } = await client.responses.create({ model: "small", input: QUESTION, tools });
    return output.map((item) => [item.name, JSON.parse(item.arguments)]);
  },

  wrong_key: refusal(() =>
    client.withOptions({ apiKey: "wrong" }).chat.completions.create({
      model: "small",
      messages: ASK,
    }),
  ),
  unknown_model: refusal(() => ask("no-such-model")),
  limited: refusal(() => ask("limited")),
  spent: refusal(() => ask("spent")),
  too_long: refusal(() => ask("long")),

  async broken_stream() {
    let text = "";
    try {
      for await (const chunk of await ask("broken", { stream: true }))
        text += chunk.choices[0].delta.content ?? "";
    } catch (error) {
      return { class: error.constructor.name, code: error.code ?? null, text };
    }
  },

  async cancelled() {
    const chunks = await ask("slow", { stream: true });
    for await (const chunk of chunks) {
      const text = chunk.choices[0].delta.content;
      if (text) return text;
    }
  },

  async aborted() {
    const controller = new AbortController();
    const chunks = await ask("slow", { stream: true }, { signal: controller.signal });
    const seen = [];
    for await (const chunk of chunks) {
      seen.push(chunk.choices[0].delta.content);
      if (seen.length === 2) controller.abort();
    }
    return seen.join("");
  },
});
