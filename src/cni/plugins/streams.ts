import { writeAll } from "../../sys/mod.ts";

/** The standard streams of a call. */
export interface Streams {
  /** Descriptors. */
  readonly stdin: number;
  readonly stderr: number;
  readonly writeStdout: (text: string) => void;
}

/** The process's own standard streams. */
export const OWN_STREAMS: Streams = {
  stdin: 0,
  stderr: 2,
  writeStdout: (text) => writeAll(1, text, "Cannot print the result"),
};
