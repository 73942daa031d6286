import { createPublicKey } from "node:crypto";
import {
  CHECKED_FILES,
  CHECKED_FOLDERS,
  CHECKED_UNITS,
  LISTED_FOLDERS,
  type NodeFacts,
  type NodeFile,
  type NodeTree,
  UNIT_DIRS,
} from "../../../check/mod.ts";
import { filesReadBy } from "../../../config/mod.ts";

/** A node's files as far as rules look at them, ready to be sent: no secret is among them. */
export interface CollectedFiles {
  readonly files: readonly NodeFile[];
  /** Names of directories whose files are not all among `files`. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
}

/** Reads what rules look at: the usual places, and the files that configurations name. */
export function collectFiles(tree: NodeTree, facts: NodeFacts): CollectedFiles {
  const paths = new Set<string>([
    ...CHECKED_FILES,
    ...CHECKED_FOLDERS.flatMap((dir) => below(tree, dir)),
    ...UNIT_DIRS.flatMap((dir) =>
      CHECKED_UNITS.flatMap((unit) => [`${dir}/${unit}`, ...below(tree, `${dir}/${unit}.d`)]),
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
  const withoutKeys = text.replace(PRIVATE_KEY, publicHalf);
  const withoutData = withoutKeys.replace(KEY_DATA, (_all, name: string, data: string) => {
    const pem = Buffer.from(data, "base64").toString("utf8");
    return `${name}${Buffer.from(pem.replace(PRIVATE_KEY, publicHalf)).toString("base64")}`;
  });
  const safe = withoutData.replace(
    SECRET_VALUE,
    (_all, name: string, value: string) => `${name}${"*".repeat(value.length)}`,
  );
  return safe === text ? file : { ...file, text: safe };
}

const PRIVATE_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?-----END \1PRIVATE KEY-----/g;
const KEY_DATA = /(client-key-data["']?\s*:\s*["']?)([A-Za-z0-9+/=]+)/g;
const SECRET_VALUE =
  /((?:^|[\s,{])["']?(?:[\w-]*token|password|auth)["']?\s*[:=]\s*["']?)([^\s"',}]+)/gim;

function publicHalf(pem: string): string {
  try {
    return String(createPublicKey(pem).export({ type: "spki", format: "pem" })).trim();
  } catch {
    return "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----";
  }
}
