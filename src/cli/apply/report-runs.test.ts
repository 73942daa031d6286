import { expect, test } from "bun:test";
import { NodewrightError } from "../../base/mod.ts";
import type { NodeRun } from "../../bootstrap/apply/mod.ts";
import { CliContext } from "../context.ts";
import { fakeProcess } from "../testing/mod.ts";
import { reportRuns } from "./report-runs.ts";

function reported(signal: AbortSignal, failure: NodewrightError): unknown[] {
  const context = new CliContext(fakeProcess({ signal }));
  context.configure({ json: true });
  const said: unknown[] = [];
  Object.assign(context.out, { json: (value: unknown) => said.push(value) });
  // cast: all that a report looks at
  const run = { failure, outcome: { state: "failed" } } as NodeRun;
  reportRuns([run], context);
  return said.slice(0, -1);
}

test("reportRuns() does not tell of a node what was only the interruption", () => {
  const interrupted = new AbortController();
  const reason = new Error("Interrupted by SIGINT");
  interrupted.abort(reason);
  const ended = NodewrightError.from(reason, "Cannot apply").onNode("node-0");
  expect(reported(interrupted.signal, ended)).toEqual([]);
  const own = new NodewrightError("exec", "Cannot run a thing", { node: "node-0" });
  expect(reported(interrupted.signal, own)).toMatchObject([{ error: { kind: "exec" } }]);
  expect(reported(new AbortController().signal, ended)).toHaveLength(1);
});
