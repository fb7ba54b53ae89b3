// The stock client of Anthropic for Node; its arguments are the model and the prefix of its faults.

import Anthropic from "@anthropic-ai/sdk";

import { ASK, KEY, RETRIES, ROOT, WEATHER, all, main, refusal } from "./checks.mjs";

const [MODEL, PREFIX] = process.argv.slice(2);
const tools = [{ name: "weather", description: "Tell it.", input_schema: WEATHER }];
const client = new Anthropic({ baseURL: ROOT, apiKey: KEY, maxRetries: RETRIES });
const asked = { model: MODEL, messages: ASK, max_tokens: 100 };
const ask = (more = {}) => client.messages.create({ ...asked, ...more });
const fail = (name) => refusal(() => ask({ model: `${PREFIX}${name}` }));

const seenIn = (message) => ({
  text: message.content.map((block) => block.text).join(""),
  finish: message.stop_reason,
  tokens: [message.usage.input_tokens, message.usage.output_tokens],
});
const called = (message) =>
  message.content
    .filter((block) => block.type === "tool_use")
    .map((block) => [block.name, block.input]);

await main({
  plain: async () => seenIn(await ask()),

  async stream() {
    const events = client.messages.stream(asked);
    const texts = [];
    events.on("text", (text) => texts.push(text));
    return { ...seenIn(await events.finalMessage()), pieces: texts.length };
  },

  async kinds() {
    const events = await all(await ask({ stream: true }));
    return events.map((event) => event.type).filter((kind) => kind !== "ping");
  },

  async tools() {
    const first = await ask({ tools });
    const results = first.content
      .filter((block) => block.type === "tool_use")
      .map((block) => ({ type: "tool_result", tool_use_id: block.id, content: "sun" }));
    const second = await ask({
      tools,
      messages: [
        ...ASK,
        { role: "assistant", content: first.content },
        { role: "user", content: results },
      ],
    });
    return { calls: called(first), finish: first.stop_reason, text: second.content[0].text };
  },

  stream_tools: async () =>
    called(await client.messages.stream({ ...asked, tools }).finalMessage()),

  counted: async () =>
    (await client.messages.countTokens({ model: MODEL, messages: ASK, tools })).input_tokens,

  wrong_key: refusal(() => client.withOptions({ apiKey: "wrong" }).messages.create(asked)),
  unknown_model: refusal(() => ask({ model: "no-such-model" })),
  limited: fail("limited"),
  spent: fail("spent"),
  too_long: fail("long"),
  overloaded: fail("overloaded"),

  async broken_stream() {
    const kinds = [];
    try {
      for await (const event of await ask({ model: `${PREFIX}broken`, stream: true }))
        kinds.push(event.type);
    } catch (error) {
      return { class: error.constructor.name, stopped: kinds.includes("message_stop") };
    }
  },

  async cancelled() {
    for await (const event of await ask({ model: `${PREFIX}slow`, stream: true }))
      if (event.type === "content_block_delta") return event.delta.text;
  },
});
