import { join } from "node:path";
import { messageOf } from "../../base/mod.ts";
import { readUserText, streamUserFile } from "../../sys/mod.ts";
import type { ArtifactCache } from "../cache/store.ts";
import { readSmall } from "../download/read-small.ts";
import type { HttpContext } from "../download/request.ts";
import type { ListedUrl } from "../download/url-list.ts";
import { ArtifactError } from "../errors.ts";
import { parseCosignKey } from "../signature/cosign.ts";
import { parseMinisignKey } from "../signature/minisign.ts";
import type { PinnedKey } from "../signature/signed-file.ts";

/** Where keys of their own file are, and how the place in the list is called. */
export interface KeyContext {
  readonly clusterDir: string;
  /** The list's file name, for the places in errors. */
  readonly list: string;
}

/** A line's pinned key; undefined where the list asks for no signature. Rejects with kind `settings`. */
export async function pinnedKeyOf(
  { clusterDir, list }: KeyContext,
  { signed, line }: ListedUrl,
): Promise<PinnedKey | undefined> {
  if (signed === undefined) return undefined;
  const what = "cosign" in signed.key ? `"${signed.key.cosign}"` : "minisign:";
  const locations = [{ file: list, line, column: 1 }];
  const key =
    "minisign" in signed.key
      ? parseMinisignKey(signed.key.minisign)
      : parseCosignKey(
          await readUserText(join(clusterDir, signed.key.cosign)).catch((thrown: unknown) => {
            const why = messageOf(thrown);
            throw new ArtifactError("settings", `Cannot read the publisher's key ${what}: ${why}`, {
              locations,
              fix: "Put the publisher's cosign.pub there",
              cause: thrown,
            });
          }),
        );
  if (key.ok) return key.value;
  throw new ArtifactError("settings", `Cannot use the publisher's key ${what}: ${key.error}`, {
    locations,
    fix: "Put the publisher's cosign.pub there (PEM, ECDSA)",
  });
}

/** The signature of a listed file, fetched before the file itself; rejects with kind `signature-missing`. */
export async function fetchSignature(
  http: HttpContext,
  { url, signed, line }: ListedUrl & { readonly signed: NonNullable<ListedUrl["signed"]> },
  list: string,
): Promise<string> {
  const fix = "Check the network and the proxy";
  const text = await readSmall(http, signed.url, fix);
  if (text !== undefined) return text;
  throw new ArtifactError(
    "signature-missing",
    `Refused ${url}: it has no signature at ${signed.url}`,
    {
      locations: [{ file: list, line, column: 1 }],
      fix: "Write signature:URL behind it where the publisher has it elsewhere; take the key out only if the publisher does not sign",
    },
  );
}

/** Rejects with kind `signature` where a downloaded file is not what the pinned key has signed. */
export async function verifySignature(
  cache: ArtifactCache,
  key: PinnedKey,
  { url, sha256, signature }: { url: string; sha256: string; signature: string },
): Promise<void> {
  const path = cache.blobPath(sha256);
  const why = await key.refuse(signature, {
    sha256,
    chunks: async function* () {
      yield* await streamUserFile(path);
    },
  });
  if (why === undefined) return;
  throw new ArtifactError("signature", `Refused ${url}, its signature does not hold: ${why}`, {
    fix: "Compare the key in the list with the publisher's; do not install the file before it fits",
  });
}
