/** What a command may say about how it runs on another machine. */
export interface RemoteHints {
  readonly tty?: boolean;
  /** Arguments that name files of this machine, by their index, and how they travel. */
  readonly files?: Readonly<Record<number, "stdin" | "inline">>;
  /** Options that the command gets on the node alone; its standard input then stays open. */
  readonly extra?: readonly string[];
  /** Ports that ssh carries there, as its -L has them. */
  readonly forwards?: readonly string[];
}

/** A `nodewright cri` command as it has to run on a node, with its streams carried there. */
export interface RemoteCri {
  /** What follows the executable: `cri`, the command, its options and arguments. */
  readonly argv: readonly string[];
  /** The command wants a terminal. */
  readonly tty: boolean;
  /** A file of this machine that becomes the command's standard input. */
  readonly stdinFile?: string;
  /** Standard input is a pipe that ends when this process does. */
  readonly holdsStdin?: boolean;
  /** Ports that ssh carries there, as its -L has them. */
  readonly forwards?: readonly string[];
}
