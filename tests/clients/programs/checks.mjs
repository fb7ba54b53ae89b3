// Runs the checks of one client, and prints as JSON what each of them saw.

export const ROOT = process.env.WRP_URL;
export const URL = `${ROOT}/v1`;
export const KEY = process.env.WRP_KEY;
export const RETRIES = 2;
export const QUESTION = "Write one sentence about the sea.";
export const ASK = [{ role: "user", content: QUESTION }];
export const WEATHER = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
export const TOOLS = [
  { type: "function", function: { name: "weather", parameters: WEATHER } },
];

// Have `run` run, and the error printed that it throws.
export const refusal = (run) => async () => {
  try {
    return { class: null, result: String(await run()) };
  } catch (error) {
    return described(error);
  }
};

export const described = (error) => ({
  class: error.constructor.name,
  status: error.status ?? error.statusCode ?? null,
  code: error.code ?? null,
  said: String(error.message),
});

export async function main(checks) {
  const seen = {};
  for (const [name, run] of Object.entries(checks)) {
    try {
      seen[name] = await run();
    } catch (error) {
      seen[name] = { failed: error.stack };
    }
  }
  console.log(JSON.stringify(seen));
}

export async function all(things) {
  const seen = [];
  for await (const thing of things) seen.push(thing);
  return seen;
}
