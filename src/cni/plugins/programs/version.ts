import { writeAll } from "../../../sys/mod.ts";
import { answerVersion } from "../../skel/answer-version.ts";
import { readWaitingStdin } from "../../skel/stdin.ts";
import { versionsOf } from "../plugin-versions.ts";

/** VERSION of the plugin of that name: the one operation that needs nothing of the plugin itself. */
export function printVersion(name: string): void {
  writeAll(1, answerVersion(versionsOf(name), readWaitingStdin(0)), "Cannot print the result");
}
