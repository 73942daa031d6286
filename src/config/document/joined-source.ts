import type { SourceLocation } from "../../base/mod.ts";
import type { ConfigDocument, ConfigNode } from "./config-document.ts";
import type { PlaceSource } from "./source-text.ts";

/** Offsets of one source begin this far from those of the next: no file is that long. */
const SPAN = 2 ** 32;

interface Part {
  readonly isInFile: boolean;
  readonly locate: (offset: number) => SourceLocation;
}

/** The places of several files and flags as one: a merged document is located with it. */
export class JoinedSource implements PlaceSource {
  /** The main file: the name of the whole. */
  readonly file: string;
  readonly #parts: Part[] = [];

  constructor(file: string) {
    this.file = file;
  }

  /** A document's root, its offsets turned into those of the whole. */
  addDocument(document: ConfigDocument): ConfigNode {
    const base = this.#add({ isInFile: true, locate: (offset) => document.locate(offset) });
    return shifted(document.root, base);
  }

  /** The offset by which the whole knows a place on a command line. */
  addFlag(location: SourceLocation): number {
    const { file, line, column } = location;
    const locate = (offset: number) => ({ file, line, column: column + offset });
    return this.#add({ isInFile: false, locate });
  }

  locate(offset: number): SourceLocation {
    const part = this.#parts[Math.floor(offset / SPAN)];
    return part?.locate(offset % SPAN) ?? { file: this.file, line: 1, column: 1 };
  }

  isInFile(offset: number): boolean {
    return this.#parts[Math.floor(offset / SPAN)]?.isInFile ?? true;
  }

  #add(part: Part): number {
    return (this.#parts.push(part) - 1) * SPAN;
  }
}

function shifted(node: ConfigNode, base: number): ConfigNode {
  const offset = node.offset + base;
  switch (node.kind) {
    case "scalar":
      return { ...node, offset };
    case "list":
      return { ...node, offset, items: node.items.map((item) => shifted(item, base)) };
    case "map": {
      const entries = [...node.entries].map(
        ([key, entry]) =>
          [key, { keyOffset: entry.keyOffset + base, node: shifted(entry.node, base) }] as const,
      );
      return { ...node, offset, entries: new Map(entries) };
    }
  }
}
