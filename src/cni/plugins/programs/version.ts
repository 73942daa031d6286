import { answerVersion } from "../../skel/answer-version.ts";
import { readWaitingStdin } from "../../skel/stdin.ts";
import { versionsOf } from "../plugin-versions.ts";
import { OWN_STREAMS, type Streams } from "../streams.ts";

/** VERSION of the plugin of that name: the one operation that needs nothing of the plugin itself. */
export function printVersion(name: string, streams: Streams = OWN_STREAMS): void {
  streams.writeStdout(answerVersion(versionsOf(name), readWaitingStdin(streams.stdin)));
}
