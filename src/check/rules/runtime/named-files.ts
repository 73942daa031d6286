import type { ContainerdConfig, Located } from "../../../config/mod.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { missingFile } from "../../named-file.ts";

const CANNOT = "The CRI plugin does not load";
const SPEC = "base_runtime_spec";

/** Files without which the CRI plugin does not load. */
export function namedFiles(config: ContainerdConfig, files: NodeTree | undefined): Found[] {
  if (files === undefined) return [];
  // Two runtimes may well share one.
  const distinct = new Map(config.namedFiles.map((named) => [named.path.value, named]));
  return [...distinct.values()].flatMap(({ option, path }) => {
    const missing = judgeNamed(option, path, files);
    return missing.length > 0 || option !== SPEC ? missing : judgeSpec(path, files);
  });
}

function judgeNamed(option: string, path: Located<string>, files: NodeTree): readonly Found[] {
  const missing = missingFile(files, { option, path });
  if (missing === "unseen") return [];
  return missing.map((found) => ({ ...found, message: `${CANNOT}: ${found.message}` }));
}

function judgeSpec(spec: Located<string>, files: NodeTree): readonly Found[] {
  const file = files.get(spec.value);
  if (file?.text === undefined) return [];
  const why = whyNoSpec(file.text);
  if (why === undefined) return [];
  const message = `${CANNOT}: base_runtime_spec is no OCI runtime specification, ${why}: ${spec.value}`;
  return [
    {
      message,
      locations: [spec.location, { file: file.shown, line: 1, column: 1 }],
      fix: `Write it again, ctr oci spec > ${spec.value}, or remove base_runtime_spec`,
    },
  ];
}

function whyNoSpec(text: string): string | undefined {
  if (text.trim() === "") return "but empty";
  try {
    const value: unknown = JSON.parse(text);
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    return isMap ? undefined : "but another value than a map";
  } catch {
    return "but no JSON";
  }
}
