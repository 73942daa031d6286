/** What `bun test` prints, shortened: a line for each file that is done, and whatever is wrong. */
export class TestProgress {
  readonly #print: (text: string) => void;
  #path: string | undefined;
  #passed = 0;
  /** When the file before ended: a file's name comes with its first result only. */
  #sinceMs = performance.now();
  #lastResultMs = this.#sinceMs;
  #rest = "";

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  /** Takes output as it comes, in pieces of any size. */
  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(line);
  }

  /** No more will come. */
  end(): void {
    if (this.#rest !== "") this.#take(this.#rest);
    this.#rest = "";
    this.#endFile();
  }

  #take(line: string): void {
    const path = /^(\S+\.test\.ts):$/.exec(line)?.[1];
    const isResult = /^\((pass|fail|skip)\) /.test(line);
    if (path !== undefined) {
      this.#endFile();
      this.#path = path;
    } else if (line.startsWith("(pass) ")) {
      this.#passed++;
    } else if (line !== "") {
      // The sums begin.
      if (/^ *\d+ pass$/.test(line)) this.#endFile();
      this.#print(`${line}\n`);
    }
    if (isResult) this.#lastResultMs = performance.now();
  }

  #endFile(): void {
    if (this.#path === undefined) return;
    const seconds = ((this.#lastResultMs - this.#sinceMs) / 1000).toFixed(1);
    this.#print(`${seconds.padStart(7)} s  ${this.#path}: ${this.#passed} passed\n`);
    this.#sinceMs = this.#lastResultMs;
    this.#path = undefined;
    this.#passed = 0;
  }
}
