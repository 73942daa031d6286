import type { Words } from "../base/mod.ts";
import type { SchemaNode } from "../config/mod.ts";

/**
 * What a person wrote about an option. Its type, default and choices are not here: they come from
 * the schema that `src/config` checks files with.
 */
export interface OptionText {
  /** Dotted; `[]` stands for the items of a list, `*` for the free keys of a map. */
  readonly path: string;
  /** What it does. The first sentence stands alone in lists. */
  readonly en: string;
  readonly ko: string;
  /** What is seen where its value is wrong. */
  readonly enWrong?: string;
  readonly koWrong?: string;
  /** What each choice means, in English and Korean, where the name of it does not say enough. */
  readonly values?: { readonly [value: string]: readonly [en: string, ko: string] };
  /** Where the default is not a constant of the schema, what it is. */
  readonly defaultIs?: readonly [en: string, ko: string];
  /** What it has to agree with: `FILE:OPTION`, a rule's id, or a flag of another program in words. */
  readonly tiedTo?: readonly string[];
}

/** The path of an option in one form or version of its file. */
export interface Place {
  readonly in: string;
  readonly path: string;
}

/** An option with all that is known of it. */
export interface Option {
  readonly file: OptionFile;
  readonly path: string;
  readonly text: OptionText;
  /** What its value may be; absent for what has none, as a place. */
  readonly schema?: SchemaNode;
  /** Where it stands, in a file whose forms or versions keep it at several places. */
  readonly places: readonly Place[];
  /** Its path and its places in segments, by which it is found. */
  readonly segments: readonly (readonly string[])[];
}

/** One file of a worker node (or what is as good as one) with its options. */
export interface OptionFile {
  /** The word in front of the colon: `kubelet` in `kubelet:maxPods`. */
  readonly id: string;
  /** What people call it: names of files and kinds. The first is shown. */
  readonly names: readonly string[];
  readonly title: Words;
  /** What it is, who reads it, when a change is seen. */
  readonly about: Words;
  /** Where it lies on a node. */
  readonly where: readonly string[];
  readonly tiedTo: readonly string[];
  readonly options: readonly Option[];
}
