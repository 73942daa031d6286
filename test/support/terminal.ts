import { nodewrightPath } from "./nodewright.ts";

/** Ctrl-C and Ctrl-D as a keyboard sends them. */
export const CTRL_C = "\u0003";
export const CTRL_D = "\u0004";

/** nodewright at a shell, on a terminal of its own (script(1)): keys go in, all that is written comes out. */
export class Terminal {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #output: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const words = [nodewrightPath(), ...argv].map((word) => `'${word}'`).join(" ");
    // A terminal that script(1) makes has no size.
    const line = `stty rows 40 cols 120; ${words}`;
    this.#child = Bun.spawn(
      ["script", "--quiet", "--return", "--flush", "--command", line, "/dev/null"],
      {
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
        env: { ...process.env, TERM: "xterm", COLUMNS: "120", ...env },
      },
    );
    this.#output = this.#child.stdout[Symbol.asyncIterator]();
  }

  /** Waits until this stands on the terminal; an Error where the program ends before. */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#text)) {
      if (!(await this.#read())) throw new Error(`Not seen: ${pattern}\n${this.#text}`);
    }
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
    this.#child.stdin.flush();
  }

  /** All that was written, and the exit code. */
  async end(): Promise<{ readonly text: string; readonly exitCode: number }> {
    while (await this.#read());
    this.#child.stdin.end();
    return { text: this.#text, exitCode: await this.#child.exited };
  }

  async #read(): Promise<boolean> {
    const next = await this.#output.next();
    if (next.done === true) return false;
    this.#text += this.#decoder.decode(next.value, { stream: true });
    return true;
  }
}
