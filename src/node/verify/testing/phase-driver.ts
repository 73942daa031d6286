/**
 * The node's side of a verification as a process of its own, so that tests can run it inside a
 * node's namespaces: reads `{phase, options}` a line, writes `{result}` or `{error}` a line. At the
 * end of its input it dies as a killed process does, and leaves its pods.
 */
import { createInterface } from "node:readline";
import { NodewrightError } from "../../../base/mod.ts";
import { VerifySession } from "../mod.ts";

const session = new VerifySession();
for await (const line of createInterface({ input: process.stdin })) {
  const { phase, options } = JSON.parse(line);
  try {
    const result = await session.run(phase, options);
    process.stdout.write(`${JSON.stringify({ result })}\n`);
  } catch (thrown) {
    const { kind, message, detail, fix } = NodewrightError.from(thrown, "Cannot verify");
    process.stdout.write(`${JSON.stringify({ error: { kind, message, detail, fix } })}\n`);
  }
}
process.exit(0);
