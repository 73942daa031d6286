import { parse } from "yaml";
import { z } from "zod";
import type { Problem } from "../../base/mod.ts";

/** What the API server encrypts Secrets with in its store, as the tutorial names the file. */
export const ENCRYPTION_FILE = "encryption-config.yaml";

/**
 * An EncryptionConfiguration with a new key. The file is made once: with another key the API server
 * could no longer read what it has stored.
 */
export function renderEncryptionConfig(): string {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
  return `kind: EncryptionConfiguration
apiVersion: apiserver.config.k8s.io/v1
resources:
  - resources:
      - secrets
    providers:
      - aescbc:
          keys:
            - name: key1
              secret: ${secret}
      - identity: {}
`;
}

const key = z.looseObject({ name: z.string(), secret: z.string() });
const schema = z.looseObject({
  // EncryptionConfig was its name up to Kubernetes 1.12.
  kind: z.enum(["EncryptionConfiguration", "EncryptionConfig"]),
  apiVersion: z.enum(["apiserver.config.k8s.io/v1", "v1"]),
  resources: z
    .array(z.looseObject({ providers: z.array(z.record(z.string(), z.unknown())).min(1) }))
    .min(1),
});
const keyed = z.looseObject({ keys: z.array(key).min(1) });
/** Bytes of an AES key. */
const KEY_LENGTHS = [16, 24, 32];

/** What keeps an API server from starting with such a file; never the key itself. */
export function verifyEncryptionConfig(text: string): Problem[] {
  const why = faultOf(text);
  if (why === undefined) return [];
  return [
    {
      code: "bad-encryption-config",
      severity: "error",
      message: `Cannot use the encryption configuration: ${why}`,
      locations: [{ file: ENCRYPTION_FILE, line: 1, column: 1 }],
      fix: "Restore it; where no API server has stored anything with it, remove it and nodewright pki makes a new one",
    },
  ];
}

function faultOf(text: string): string | undefined {
  if (text.trim() === "") return "it is empty";
  const parsed = schema.safeParse(documentOf(text));
  if (!parsed.success) return placed(parsed.error);
  const providers = parsed.data.resources.flatMap((one) => one.providers.flatMap(Object.entries));
  for (const [name, provider] of providers) {
    if (!name.startsWith("aes") && name !== "secretbox") continue;
    const keys = keyed.safeParse(provider);
    if (!keys.success) return `${name}: ${placed(keys.error)}`;
    const wrong = keys.data.keys.find(({ secret }) => !isKey(secret));
    if (wrong !== undefined) {
      return `the secret of ${JSON.stringify(wrong.name)} is not Base64 of 16, 24 or 32 bytes`;
    }
  }
  return undefined;
}

/** Undefined where it is no YAML, or has aliases. */
function documentOf(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0, logLevel: "silent" });
  } catch {
    return undefined;
  }
}

function placed(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join(".") || "the document"}: ${issue?.message ?? ""}`;
}

function isKey(secret: string): boolean {
  const bytes = Buffer.from(secret, "base64");
  return KEY_LENGTHS.includes(bytes.length) && bytes.toString("base64") === secret.trim();
}
