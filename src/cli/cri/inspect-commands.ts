import type { JsonValue } from "@bufbuild/protobuf";
import type { Command } from "@commander-js/extra-typings";
import {
  ContainerStatusResponseSchema,
  CriError,
  ImageStatusResponseSchema,
  PodSandboxStatusResponseSchema,
  StatusResponseSchema,
  VersionResponseSchema,
} from "../../cri/mod.ts";
import type { CliContext } from "../context.ts";
import { addCriOptions } from "./common-options.ts";
import { inSession } from "./cri-session.ts";
import { messageJson } from "./message-json.ts";
import {
  DOCUMENT_ABOUT,
  documentOption,
  OUTPUT_ABOUT,
  OUTPUT_FLAG,
  outputOption,
  printAsData,
} from "./print-message.ts";
import { resolveContainer, resolvePod } from "./resolve-id.ts";

/** `version`, `info`, `inspect`, `inspectp` and `inspecti`. */
export function defineInspections(root: Command, context: CliContext): void {
  addCriOptions(root.command("version"))
    .description("versions of the runtime and of its interface")
    .option(OUTPUT_FLAG, OUTPUT_ABOUT, outputOption)
    .action((options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const version = await cri.runtime.version({}, signal);
        const document = messageJson(VersionResponseSchema, version, "version");
        if (printAsData(context, document, options.output)) return;
        context.out.line(`Version:  ${version.version}`);
        context.out.line(`RuntimeName:  ${version.runtimeName}`);
        context.out.line(`RuntimeVersion:  ${version.runtimeVersion}`);
        context.out.line(`RuntimeApiVersion:  ${version.runtimeApiVersion}`);
      }),
    );
  addCriOptions(root.command("info"))
    .description("status and configuration of the runtime")
    .option(OUTPUT_FLAG, DOCUMENT_ABOUT, documentOption)
    .action((options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const response = await cri.runtime.status({ verbose: true }, signal);
        print(context, messageJson(StatusResponseSchema, response, "runtime"), options.output);
      }),
    );
  addCriOptions(root.command("inspect"))
    .description("all about containers")
    .argument("<container...>", "ID or its beginning")
    .option(OUTPUT_FLAG, DOCUMENT_ABOUT, documentOption)
    .action((names, options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        for (const name of names) {
          const containerId = await resolveContainer(cri, name);
          const request = { containerId, verbose: true };
          const response = await cri.runtime.containerStatus(request, signal);
          print(
            context,
            messageJson(ContainerStatusResponseSchema, response, "container"),
            options.output,
          );
        }
      }),
    );
  addCriOptions(root.command("inspectp"))
    .description("all about pods")
    .argument("<pod...>", "ID or its beginning")
    .option(OUTPUT_FLAG, DOCUMENT_ABOUT, documentOption)
    .action((names, options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        for (const name of names) {
          const podSandboxId = await resolvePod(cri, name);
          const request = { podSandboxId, verbose: true };
          const response = await cri.runtime.podSandboxStatus(request, signal);
          print(
            context,
            messageJson(PodSandboxStatusResponseSchema, response, "pod"),
            options.output,
          );
        }
      }),
    );
  addCriOptions(root.command("inspecti"))
    .description("all about images")
    .argument("<image...>", "name or ID")
    .option(OUTPUT_FLAG, DOCUMENT_ABOUT, documentOption)
    .action((names, options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        for (const image of names) {
          const request = { image: { image }, verbose: true };
          const response = await cri.image.imageStatus(request, signal);
          if (response.image === undefined) throw noSuchImage(image);
          print(context, messageJson(ImageStatusResponseSchema, response, "image"), options.output);
        }
      }),
    );
}

/** What every command says of an image that is not there. */
export function noSuchImage(image: string): CriError {
  return new CriError("NOT_FOUND", "ImageService/ImageStatus", `Cannot find the image "${image}"`, {
    fix: "see `nodewright cri images`; `nodewright cri import FILE` or `pull` brings it",
  });
}

/** One document, the JSON texts in `info` opened; for people indented JSON. */
function print(
  context: CliContext,
  message: { readonly kind: string; readonly [key: string]: JsonValue },
  output: "json" | "yaml" | undefined,
): void {
  const { info, kind, ...rest } = message;
  const opened = Object.fromEntries(
    Object.entries(asObject(info)).map(([key, value]) => [key, openJson(value)]),
  );
  const document = { kind, ...rest, ...(info === undefined ? {} : { info: opened }) };
  printAsData(context, document, output ?? "json");
}

function openJson(value: JsonValue): JsonValue {
  if (typeof value !== "string") return value;
  try {
    // cast: JSON.parse gives JSON
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}

function asObject(value: JsonValue | undefined): { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
