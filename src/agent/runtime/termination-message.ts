import { open } from "node:fs/promises";
import { type ContainerStatus, parseLogLine } from "../../cri/mod.ts";
import { NOTE } from "./labels.ts";

const MAX = { message: 4096, logBytes: 2048, logLines: 80, logRead: 128 * 1024 } as const;

/** What a container wrote about its end: to its message file, or else the end of its log where it failed. */
export async function readTerminationMessage(status: ContainerStatus): Promise<string> {
  const path = status.annotations[NOTE.terminationMessagePath];
  const file = status.mounts.find(({ containerPath }) => containerPath === path)?.hostPath;
  const message = file === undefined ? "" : await readTail(file, MAX.message);
  if (message !== "" || status.exitCode === 0) return message;
  const policy = status.annotations[NOTE.terminationMessagePolicy];
  if (policy !== "FallbackToLogsOnError") return "";
  return lastLines(await readTail(status.logPath, MAX.logRead));
}

async function readTail(file: string, bytes: number): Promise<string> {
  try {
    const handle = await open(file, "r");
    try {
      const { size } = await handle.stat();
      const start = Math.max(0, size - bytes);
      const buffer = Buffer.alloc(size - start);
      await handle.read(buffer, 0, buffer.length, start);
      return buffer.toString("utf8");
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    // The pod's directory goes before the runtime forgets its containers.
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return "";
    throw thrown;
  }
}

function lastLines(log: string): string {
  const lines = log
    .split("\n")
    .slice(-MAX.logLines - 1)
    .map((line) => {
      const parsed = parseLogLine(line);
      return parsed === undefined ? "" : `${parsed.text}${parsed.isComplete ? "\n" : ""}`;
    });
  const text = lines.join("");
  return Buffer.from(text).subarray(-MAX.logBytes).toString("utf8");
}
