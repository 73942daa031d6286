import { createPublicKey } from "node:crypto";
import type { CollectedFiles } from "../../../check/mod.ts";
import {
  CHECKED_FILES,
  CHECKED_FOLDERS,
  CHECKED_UNITS,
  dropInFolders,
  LISTED_FOLDERS,
  type NodeFacts,
  type NodeFile,
  type NodeTree,
  UNIT_DIRS,
} from "../../../check/mod.ts";
import {
  type FoundSecret,
  filesReadBy,
  findSecrets,
  misnamedDropInFolders,
  type TextSpan,
} from "../../../config/mod.ts";

/** Reads what rules look at: the usual places, and the files that configurations name. */
export function collectFiles(tree: NodeTree, facts: NodeFacts): CollectedFiles {
  const paths = new Set<string>([
    ...CHECKED_FILES,
    ...CHECKED_FOLDERS.flatMap((dir) => below(tree, dir)),
    ...UNIT_DIRS.flatMap((dir) =>
      CHECKED_UNITS.flatMap((unit) => [
        `${dir}/${unit}`,
        ...[...dropInFolders(unit), ...misnamedDropInFolders(unit)].flatMap((folder) =>
          below(tree, `${dir}/${folder}`),
        ),
      ]),
    ),
    ...namedBy(facts),
    ...below(tree, facts.containerdConfig?.cniConfDir.value),
    ...below(tree, facts.kubeletConfig?.staticPodPath?.value),
  ]);
  // A network's addresses lie one level deeper.
  for (const network of tree.list("/var/lib/cni/networks") ?? []) {
    for (const path of below(tree, `/var/lib/cni/networks/${network}`)) paths.add(path);
  }
  const files = [...paths].flatMap((path) => {
    const file = tree.get(path);
    return file === undefined ? [] : [withoutSecrets(file)];
  });
  const folders = Object.fromEntries(
    LISTED_FOLDERS.flatMap((dir) => {
      const names = tree.list(dir);
      return names === undefined ? [] : [[dir, names]];
    }),
  );
  return { files, folders };
}

function below(tree: NodeTree, dir: string | undefined): readonly string[] {
  if (dir === undefined) return [];
  return (tree.list(dir) ?? []).map((name) => `${dir}/${name}`);
}

function namedBy(facts: NodeFacts): readonly string[] {
  const { kubeletConfig, kubeletKubeconfig, kubeProxyKubeconfig, kubeProxyConfig } = facts;
  const contexts = [kubeletKubeconfig, kubeProxyKubeconfig].flatMap((fact) =>
    fact?.context.ok === true ? [fact.context.value] : [],
  );
  const units = [facts.containerdUnit, facts.kubeletUnit, facts.kubeProxyUnit];
  const named = [
    kubeletConfig?.document.file,
    kubeletConfig?.resolvConf.value,
    kubeletConfig?.clientCAFile?.value,
    kubeletConfig?.tlsCertFile?.value,
    kubeletConfig?.tlsPrivateKeyFile?.value,
    kubeletKubeconfig?.path,
    kubeProxyConfig?.document.file,
    kubeProxyKubeconfig?.path,
    facts.containerdConfig?.document.file,
    ...(facts.containerdConfig?.namedFiles ?? []).map(({ path }) => path.value),
    ...contexts.flatMap(({ caFile, clientCertificateFile, clientKeyFile }) =>
      [caFile, clientCertificateFile, clientKeyFile].map((path) => path?.value),
    ),
    // Executables among them: too large to be read, but their modes count.
    ...units.flatMap((unit) =>
      unit === undefined ? [] : filesReadBy(unit.unit).map(({ value }) => value),
    ),
  ];
  return named.filter((path) => path?.startsWith("/") === true).map((path) => path ?? "");
}

/**
 * The file with its secrets replaced: a private key by its public half, which is enough to tell
 * what it belongs to; tokens and passwords by stars of the same length.
 */
export function withoutSecrets(file: NodeFile): NodeFile {
  const { text } = file;
  if (text === undefined) return file;
  const replaced = findSecrets(text).flatMap((secret) => replacements(text, secret));
  if (replaced.length === 0) return file;
  let safe = "";
  let at = 0;
  for (const { start, end, by } of replaced.toSorted((a, b) => a.start - b.start)) {
    if (start < at) continue;
    safe += text.slice(at, start) + by;
    at = end;
  }
  return { ...file, text: safe + text.slice(at) };
}

function replacements(
  text: string,
  { kind, parts }: FoundSecret,
): readonly (TextSpan & { readonly by: string })[] {
  const textOf = ({ start, end }: TextSpan): string => text.slice(start, end);
  if (kind === "private-key")
    return parts.map((part) => ({ ...part, by: publicHalf(textOf(part)) }));
  const pem = Buffer.from(parts.map(textOf).join(""), "base64").toString("utf8");
  if (kind === "value" || !pem.includes("PRIVATE KEY-----")) {
    return parts.map((part) => ({ ...part, by: textOf(part).replace(/[^\s]/g, "*") }));
  }
  // The first line has all of it; the others become empty, which folds to nothing.
  const data = Buffer.from(publicHalf(pem)).toString("base64");
  return parts.map((part, i) => ({ ...part, by: i === 0 ? data : "" }));
}

function publicHalf(pem: string): string {
  try {
    return String(createPublicKey(pem).export({ type: "spki", format: "pem" })).trim();
  } catch {
    return "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----";
  }
}
