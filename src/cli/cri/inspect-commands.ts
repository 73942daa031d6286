import type { DescMessage, JsonValue, MessageShape } from "@bufbuild/protobuf";
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
import { resolveContainer, resolvePod } from "./resolve-id.ts";

/** `version`, `info`, `inspect`, `inspectp` and `inspecti`. */
export function defineInspections(root: Command, context: CliContext): void {
  addCriOptions(root.command("version"))
    .description("versions of the runtime and of its interface")
    .action((_options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const version = await cri.runtime.version({}, signal);
        if (context.json) return context.out.json(messageJson(VersionResponseSchema, version));
        context.out.line(`Version:  ${version.version}`);
        context.out.line(`RuntimeName:  ${version.runtimeName}`);
        context.out.line(`RuntimeVersion:  ${version.runtimeVersion}`);
        context.out.line(`RuntimeApiVersion:  ${version.runtimeApiVersion}`);
      }),
    );
  addCriOptions(root.command("info"))
    .description("status and configuration of the runtime")
    .action((_options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const response = await cri.runtime.status({ verbose: true }, signal);
        print(context, StatusResponseSchema, response);
      }),
    );
  addCriOptions(root.command("inspect"))
    .description("all about containers")
    .argument("<container...>", "ID or its beginning")
    .action((names, _options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        for (const name of names) {
          const containerId = await resolveContainer(cri, name);
          const request = { containerId, verbose: true };
          const response = await cri.runtime.containerStatus(request, signal);
          print(context, ContainerStatusResponseSchema, response);
        }
      }),
    );
  addCriOptions(root.command("inspectp"))
    .description("all about pods")
    .argument("<pod...>", "ID or its beginning")
    .action((names, _options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        for (const name of names) {
          const podSandboxId = await resolvePod(cri, name);
          const request = { podSandboxId, verbose: true };
          const response = await cri.runtime.podSandboxStatus(request, signal);
          print(context, PodSandboxStatusResponseSchema, response);
        }
      }),
    );
  addCriOptions(root.command("inspecti"))
    .description("all about images")
    .argument("<image...>", "name or ID")
    .action((names, _options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        for (const image of names) {
          const request = { image: { image }, verbose: true };
          const response = await cri.image.imageStatus(request, signal);
          if (response.image === undefined) throw noSuchImage(image);
          print(context, ImageStatusResponseSchema, response);
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

/** One document: indented for people, one line with --json; the JSON texts in `info` opened. */
function print<D extends DescMessage>(context: CliContext, schema: D, message: MessageShape<D>) {
  const { info, ...rest } = asObject(messageJson(schema, message));
  const opened = Object.fromEntries(
    Object.entries(asObject(info)).map(([key, value]) => [key, openJson(value)]),
  );
  const document = { ...rest, ...(info === undefined ? {} : { info: opened }) };
  if (context.json) context.out.json(document);
  else context.out.line(JSON.stringify(document, null, 2));
}

function openJson(value: JsonValue | undefined): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function asObject(value: JsonValue | undefined): { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
