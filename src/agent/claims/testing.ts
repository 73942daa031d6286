import { rmSync } from "node:fs";
import { RpcRefusal, UnixServer } from "../../grpc/mod.ts";
import { DRAPlugin, PluginRegistration } from "../plugin-apis/mod.ts";

export interface FakeDriverOptions {
  readonly name: string;
  /** The socket in plugins_registry; the driver's service is on the same one. */
  readonly path: string;
  readonly versions?: readonly string[];
}

/** A driver of dynamic resources: a claim's device is named after the claim. */
export class FakeClaimDriver implements AsyncDisposable {
  readonly #options: FakeDriverOptions;
  readonly #server: UnixServer;
  /** Calls by name, with the claims that they name. */
  readonly calls: string[] = [];
  /** What the kubelet has said to the registration. */
  readonly registrations: string[] = [];
  /** What claims are refused with, by name of the call. */
  readonly refusals = new Map<"prepare" | "unprepare" | "call", string>();

  private constructor(options: FakeDriverOptions) {
    this.#options = options;
    this.#server = new UnixServer(options.path)
      .serve(PluginRegistration, {
        getInfo: () => ({
          ...{ type: "DRAPlugin", name: options.name },
          supportedVersions: [...(options.versions ?? ["v1.DRAPlugin"])],
        }),
        notifyRegistrationStatus: ({ pluginRegistered, error }) => {
          this.registrations.push(pluginRegistered ? "registered" : error);
          return {};
        },
      })
      .serve(DRAPlugin, {
        nodePrepareResources: ({ claims }) => {
          this.#note("prepare", claims);
          const error = this.refusals.get("prepare") ?? "";
          return {
            claims: Object.fromEntries(
              claims.map((one) => [one.uid, this.#device(one.name, error)]),
            ),
          };
        },
        nodeUnprepareResources: ({ claims }) => {
          this.#note("unprepare", claims);
          const error = this.refusals.get("unprepare") ?? "";
          return { claims: Object.fromEntries(claims.map(({ uid }) => [uid, { error }])) };
        },
      });
  }

  static async start(options: FakeDriverOptions): Promise<FakeClaimDriver> {
    const driver = new FakeClaimDriver(options);
    await driver.#server.listen();
    return driver;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    rmSync(this.#options.path, { force: true });
  }

  #note(call: string, claims: readonly { readonly name: string }[]): void {
    this.calls.push(`${call} ${claims.map(({ name }) => name).join()}`);
    const refusal = this.refusals.get("call");
    if (refusal !== undefined) throw new RpcRefusal(13, refusal);
  }

  #device(name: string, error: string) {
    if (error !== "") return { error };
    return {
      devices: [
        {
          poolName: "pool",
          deviceName: `${name}-a`,
          requestNames: ["one"],
          cdiDeviceIds: [`v.com/k=${name}-a`],
        },
        {
          poolName: "pool",
          deviceName: `${name}-b`,
          requestNames: ["two"],
          cdiDeviceIds: [`v.com/k=${name}-b`],
        },
      ],
    };
  }
}
