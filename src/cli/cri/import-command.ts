import { resolve } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { messageOf, systemClock, UsageError } from "../../base/mod.ts";
import { importArchive } from "../../cri/mod.ts";
import { streamUserFile } from "../../sys/mod.ts";
import type { CliContext } from "../context.ts";
import { addCriOptions } from "./common-options.ts";
import { inSession } from "./cri-session.ts";

/** `import`. */
export function defineImport(root: Command, context: CliContext): void {
  addCriOptions(root.command("import"))
    .description("load images from an OCI or docker archive (tar, tar.gz, tar.zst)")
    .argument("<file>", "archive; - for standard input")
    .action((file, _options, command) =>
      inSession(
        context,
        command,
        async ({ cri, signal }) => {
          const archive = file === "-" ? context.process.stdin : await openArchive(file, context);
          const names = await importArchive(cri, archive, {
            clock: systemClock,
            searchPath: context.process.env["PATH"] ?? "",
            ...signal,
          });
          if (context.json) return context.out.json({ kind: "imported", imported: names });
          for (const name of names) context.out.line(`Imported: ${name}`);
          if (names.length === 0) context.out.note("Imported; the archive names no image");
        },
        { files: { 0: "stdin" } },
      ),
    );
}

async function openArchive(file: string, context: CliContext): Promise<AsyncIterable<Uint8Array>> {
  const path = resolve(context.process.cwd, file);
  try {
    return await streamUserFile(path);
  } catch (thrown) {
    const why = messageOf(thrown);
    throw new UsageError(`Cannot read the archive ${path}: ${why}`, { cause: thrown });
  }
}
