// Asks the npm package `standardwebhooks` whether received requests verify.
// Reads one JSON object a line: secret, headers, body_base64 and, for a known vector, now_seconds
// (the instant to judge at; without it, the clock). Prints one JSON object a line: ok, error.

import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

const clock = Date.now;

function judge(line) {
  try {
    const question = JSON.parse(line);
    const at = question.now_seconds;
    Date.now = at === undefined ? clock : () => at * 1000;
    const body = Buffer.from(question.body_base64, "base64");
    new Webhook(question.secret).verify(body, question.headers);
    return { ok: true };
  } catch (error) {
    return { ok: false, error: String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) console.log(JSON.stringify(judge(line)));
}
