import type { MessageInitShape } from "@bufbuild/protobuf";
import { BackOff, type Clock, messageOf } from "../../base/mod.ts";
import type { AuthConfigSchema, CriClient, Image } from "../../cri/mod.ts";
import type { PodEvents } from "../api/events.ts";
import type { Container, Pod } from "../api/mod.ts";
import type { SandboxConfig } from "../runtime/sandbox-config.ts";
import { StartError } from "../status/start-error.ts";
import { pullPolicy, withTag } from "./image-name.ts";

export type AuthConfig = MessageInitShape<typeof AuthConfigSchema>;

/** An image that is there: what to call it, and whom it wants to run as. */
export interface ReadyImage {
  readonly ref: string;
  readonly user: { readonly uid?: bigint; readonly username?: string };
}

export interface PullerDeps {
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly events: PodEvents;
  /** Logins for a pod's image, to be tried in their order; none where it needs none. */
  readonly credentials: (pod: Pod, image: string) => Promise<readonly AuthConfig[]>;
}

const BACK_OFF = { firstMs: 10_000, maxMs: 300_000 } as const;

/** Makes images present, by each container's policy; pulls that fail are repeated ever more seldom. */
export class ImagePuller {
  readonly #deps: PullerDeps;
  readonly #backOff = new BackOff(BACK_OFF);
  readonly #failedAt = new Map<string, number>();

  constructor(deps: PullerDeps) {
    this.#deps = deps;
  }

  /** Rejects with StartError, or with the signal's reason. */
  async ensure(
    pod: Pod,
    container: Container,
    options: { readonly sandbox: SandboxConfig; readonly signal: AbortSignal },
  ): Promise<ReadyImage> {
    const given = container.image ?? "";
    const image = withTag(given);
    if (image === undefined) throw this.#failed(pod, container, invalidName(given));
    const policy = pullPolicy(given, container.imagePullPolicy);
    if (policy !== "Always") {
      const present = await this.#inspect(pod, container, image);
      if (present !== undefined) {
        this.#say(pod, container, "Pulled", alreadyPresent(given));
        return readyImage(present);
      }
      if (policy === "Never") throw this.#neverPulled(pod, container, given);
    }
    await this.#pull(pod, container, { ...options, image });
    const pulled = await this.#inspect(pod, container, image);
    if (pulled === undefined) {
      throw new StartError("ErrImagePull", `image "${given}" is missing after it was pulled`);
    }
    return readyImage(pulled);
  }

  async #inspect(pod: Pod, container: Container, image: string): Promise<Image | undefined> {
    try {
      const { image: found } = await this.#deps.cri.image.imageStatus({ image: { image } });
      return found;
    } catch (thrown) {
      const message = `Failed to inspect image "${image}": ${messageOf(thrown)}`;
      throw this.#failed(pod, container, new StartError("ImageInspectError", message, thrown));
    }
  }

  async #pull(
    pod: Pod,
    container: Container,
    { image, sandbox, signal }: { image: string; sandbox: SandboxConfig; signal: AbortSignal },
  ): Promise<void> {
    const { clock } = this.#deps;
    const key = `${pod.metadata.uid}/${image}`;
    const given = container.image ?? "";
    const failedAt = this.#failedAt.get(key);
    const delay = this.#backOff.delayMs(key, clock.now());
    if (failedAt !== undefined && clock.now() - failedAt < delay) {
      const message = `Back-off pulling image "${given}"`;
      this.#deps.events.record(pod, {
        ...{ type: "Normal" as const, reason: "BackOff", message },
        container: container.name,
      });
      throw new StartError("ImagePullBackOff", message);
    }
    this.#say(pod, container, "Pulling", `Pulling image "${given}"`);
    const started = clock.now();
    try {
      const size = await this.#pullWithLogin(pod, { image, sandbox, signal });
      this.#backOff.forget(key);
      const took = clock.now() - started;
      this.#say(
        pod,
        container,
        "Pulled",
        `Successfully pulled image "${given}" in ${took}ms (${took}ms including waiting). Image size: ${size} bytes.`,
      );
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      this.#failedAt.set(key, clock.now());
      this.#backOff.next(key, clock.now());
      const text = messageOf(thrown);
      const message = `Failed to pull image "${given}": ${text}`;
      throw this.#failed(pod, container, new StartError("ErrImagePull", message, thrown));
    }
  }

  async #pullWithLogin(
    pod: Pod,
    { image, sandbox, signal }: { image: string; sandbox: SandboxConfig; signal: AbortSignal },
  ): Promise<string> {
    const logins = await this.#deps.credentials(pod, image);
    let failure: unknown;
    for (const auth of logins.length === 0 ? [undefined] : logins) {
      try {
        const request = { image: { image }, sandboxConfig: sandbox };
        await this.#deps.cri.image.pullImage(auth === undefined ? request : { ...request, auth }, {
          signal,
        });
        const { image: found } = await this.#deps.cri.image.imageStatus({ image: { image } });
        return String(found?.size ?? 0n);
      } catch (thrown) {
        if (signal.aborted) throw signal.reason;
        failure = thrown;
      }
    }
    throw failure;
  }

  #neverPulled(pod: Pod, container: Container, image: string): StartError {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    this.#deps.events.record(pod, {
      ...{ type: "Warning" as const, reason: "ErrImageNeverPull", message },
      container: container.name,
    });
    return new StartError("ErrImageNeverPull", message);
  }

  #say(pod: Pod, container: Container, reason: string, message: string): void {
    this.#deps.events.record(pod, { type: "Normal", reason, message, container: container.name });
  }

  #failed(pod: Pod, container: Container, error: StartError): StartError {
    const { message } = error;
    const warning = { type: "Warning" as const, container: container.name };
    const reason = error.reason === "InvalidImageName" ? "InspectFailed" : "Failed";
    this.#deps.events.record(pod, { ...warning, reason, message });
    return error;
  }
}

function alreadyPresent(image: string): string {
  return `Container image "${image}" already present on machine and can be accessed by the pod`;
}

function invalidName(image: string): StartError {
  const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
  return new StartError("InvalidImageName", message);
}

function readyImage(image: Image): ReadyImage {
  const { uid, username } = image;
  return {
    ref: image.id,
    user: {
      ...(uid === undefined ? {} : { uid: uid.value }),
      ...(username === "" ? {} : { username }),
    },
  };
}
