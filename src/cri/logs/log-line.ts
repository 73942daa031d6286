/** One line of a container's log file. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as the runtime wrote it. */
  readonly timestamp: string;
  readonly stream: "stdout" | "stderr";
  /** False: the line goes on in the next entry of the same stream. */
  readonly isComplete: boolean;
  readonly text: string;
}

/**
 * Reads a line of the CRI log format: time, stream, tags, message, with a space between. The first
 * tag is P or F; later ones are not defined yet. Undefined where the line is something else.
 */
export function parseLogLine(line: string): LogLine | undefined {
  const first = line.indexOf(" ");
  const second = line.indexOf(" ", first + 1);
  if (first <= 0 || second === -1) return undefined;
  const stream = line.slice(first + 1, second);
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  // An empty message may come without the space before it.
  const third = line.indexOf(" ", second + 1);
  const tags = third === -1 ? line.slice(second + 1) : line.slice(second + 1, third);
  const tag = tags.split(":")[0];
  if (tag !== "P" && tag !== "F") return undefined;
  return {
    timestamp: line.slice(0, first),
    stream,
    isComplete: tag === "F",
    text: third === -1 ? "" : line.slice(third + 1),
  };
}
