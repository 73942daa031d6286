import { createTwoFilesPatch } from "diff";
import type { NodeRun } from "../../bootstrap/apply/mod.ts";
import { maskSecrets } from "../../config/mod.ts";
import type { DesiredFile } from "../../plan/mod.ts";
import { inspectCertificate } from "../../x509/mod.ts";

/** How one text file on a node would change. */
export interface FileDiff {
  readonly path: string;
  /** Unified, three lines of context; of a certificate its subject and end instead of its Base64. */
  readonly diff: string;
}

/** The diffs of all text files that a run's plan writes; files that hold secrets are named by the plan, never shown. */
export async function planDiffs(run: NodeRun): Promise<FileDiff[]> {
  const files = run.plan.steps.flatMap((step): DesiredFile[] =>
    step.kind === "write-file" && step.file.text && !step.file.sensitive ? [step.file] : [],
  );
  if (files.length === 0) return [];
  const { texts } = await run.session.request("readTexts", {
    paths: files.map((file) => file.path),
  });
  return files.flatMap((file) => {
    const content = run.rendered.contents.get(file.digest);
    if (content?.kind !== "bytes") return [];
    const before = texts[file.path] ?? "";
    const after = new TextDecoder().decode(content.bytes);
    return [{ path: file.path, diff: diffOf(run.node, file, { before, after }) }];
  });
}

/** The change of one text file. */
export function diffOf(
  node: string,
  file: Pick<DesiredFile, "path" | "origin">,
  { before, after }: { readonly before: string; readonly after: string },
): string {
  const [from, to] = [before, after].map((text) =>
    text.includes("-----BEGIN CERTIFICATE-----")
      ? `${describeCertificate(text)}\n`
      : maskSecrets(text),
  );
  const diff = createTwoFilesPatch(
    before === "" ? "/dev/null" : `${node}:${file.path}`,
    `${node}:${file.path} (${file.origin})`,
    from ?? "",
    to ?? "",
    undefined,
    undefined,
    { context: 3 },
  );
  return diff.replace(/^=+\n/, "");
}

/** Subject, end and fingerprint of the first certificate, as far as it can be read. */
function describeCertificate(pem: string): string {
  const read = inspectCertificate(pem);
  if (!read.ok) return `unreadable certificate: ${read.error}`;
  const { commonName, organizations, notAfter, fingerprint } = read.value;
  const names = [`CN=${commonName ?? ""}`, ...organizations.map((name) => `O=${name}`)];
  const subject = JSON.stringify(names.join(", "));
  const end = notAfter.toISOString().slice(0, 10);
  return `certificate of ${subject}, expires ${end}, SHA-256 ${fingerprint.slice(0, 23)}...`;
}
