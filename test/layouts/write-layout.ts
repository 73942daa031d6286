import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RuleCases } from "../../src/bootstrap/sources/testing/mod.ts";
import type { Files, Identity } from "./parts.ts";

/** Makes a layout's files below a directory: links, executables and plain files. */
export function writeLayout(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    const local = join(root, path);
    mkdirSync(dirname(local), { recursive: true });
    const target = /^-> (.*)$/.exec(text)?.[1];
    const isProgram = text.startsWith("!");
    if (target !== undefined) symlinkSync(target, local);
    else
      writeFileSync(local, isProgram ? text.slice(1) : text, { mode: isProgram ? 0o755 : 0o600 });
  }
}

/** The certificates of the rules' own cases, as a layout's node has them. */
export function identityOf(cases: RuleCases): Identity {
  const read = (file: string): string => {
    const text = cases.text(file);
    if (text === undefined) throw new TypeError(`The cases have no ${file}`);
    return text;
  };
  return {
    authority: read("ca.crt"),
    kubeconfig: read("node-0.kubeconfig"),
    certificate: read("node-0.crt"),
    key: read("node-0.key"),
    proxyKubeconfig: read("kube-proxy.kubeconfig"),
  };
}
