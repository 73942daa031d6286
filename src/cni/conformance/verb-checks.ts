import { isAtLeast } from "../version.ts";
import { TestAttachment } from "./attachment.ts";
import {
  anyError,
  type Check,
  type Expectation,
  errorCode,
  silentSuccess,
  success,
} from "./check.ts";
import { kernelState } from "./kernel-state.ts";
import { wrongShape } from "./result-shape.ts";
import type { Subject } from "./subjects.ts";
import type { TestHost } from "./test-host.ts";

/** The life of an attachment in one version: every operation, in orders that do happen. */
export async function verbChecks(
  host: TestHost,
  subject: Subject,
  version: string,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const note = (what: string, failure: string | undefined): void => {
    checks.push({ id: `${subject.type} ${version}: ${what}`, failure });
  };
  const netns = host.addPod();
  const containerId = `c${version.replaceAll(".", "")}`;
  const attachment = new TestAttachment(host, subject, { version, containerId, netns });
  const ask = async (what: string, command: string, expect: Expectation, env = {}): Promise<void> =>
    note(what, expect(await attachment.call(command, { env })));

  const before = await afterOneLife(host, subject, version);
  const added = await attachment.add();
  note("ADD", success(added) ?? wrongShape(added.json, version));
  if (isAtLeast(version, "0.4.0")) {
    await ask("CHECK after ADD", "CHECK", silentSuccess);
    await ask("CHECK again", "CHECK", silentSuccess);
  }
  if (isAtLeast(version, "1.1.0")) {
    await ask("STATUS", "STATUS", subject.isExclusive === true ? errorCode(50) : silentSuccess);
    note("GC with the attachment in the list", silentSuccess(await attachment.collect()));
    await ask("CHECK after that GC", "CHECK", silentSuccess);
  }
  await ask("DEL", "DEL", silentSuccess);
  await ask("DEL again", "DEL", silentSuccess);
  if (isAtLeast(version, "0.4.0") && holdsSomething(subject)) {
    await ask("CHECK after DEL finds nothing", "CHECK", anyError);
  }
  note("ADD after DEL", success(await attachment.add()));
  await ask("DEL without a namespace", "DEL", silentSuccess, { CNI_NETNS: "" });
  await ask("DEL with the namespace again", "DEL", silentSuccess);
  note("ADD once more", success(await attachment.add()));
  await attachment.removeBase();
  host.removePod(netns);
  await ask("DEL after the namespace has gone", "DEL", silentSuccess);
  await ask("DEL of that again", "DEL", silentSuccess);
  note("nothing is left", leftover(before, kernelState(host)));
  return checks;
}

/** static has nothing that a CHECK could miss, and lo stays where it is. */
function holdsSomething(subject: Subject): boolean {
  return subject.type !== "static";
}

/**
 * What a host looks like after an attachment has come and gone: bridges, base chains and sysctls
 * stay by design, so the state before the first one is not what the last one has to leave.
 */
async function afterOneLife(
  host: TestHost,
  subject: Subject,
  version: string,
): Promise<readonly string[]> {
  const netns = host.addPod();
  const first = new TestAttachment(host, subject, { version, containerId: "first", netns });
  await first.add();
  await first.call("DEL");
  await first.removeBase();
  host.removePod(netns);
  return kernelState(host);
}

function leftover(before: readonly string[], after: readonly string[]): string | undefined {
  const known = new Set(before);
  const added = after.filter((line) => !known.has(line));
  return added.length === 0 ? undefined : `left behind: ${added.slice(0, 8).join(" | ")}`;
}
