import { dirname } from "node:path";
import { createUnixClient, RpcRefusal, UnixServer } from "../../grpc/mod.ts";
import { DevicePlugin, Registration } from "../plugin-apis/mod.ts";

/** A device of a plugin for tests: its health, and its NUMA nodes. */
export interface FakeDevice {
  readonly health?: "Healthy" | "Unhealthy";
  readonly nodes?: readonly number[];
}

export interface FakePluginOptions {
  readonly resource: string;
  /** Its socket, beside the kubelet's. */
  readonly path: string;
  readonly devices: Readonly<Record<string, FakeDevice>>;
  /** Prefers these. */
  readonly prefers?: readonly string[];
  readonly wantsPreStart?: true;
  /** What Allocate is refused with. */
  readonly refusal?: string;
}

/** A device plugin: its devices are /dev/null, and containers see in their environment what they have. */
export class FakeDevicePlugin implements AsyncDisposable {
  readonly #options: FakePluginOptions;
  readonly #server: UnixServer;
  #devices: Readonly<Record<string, FakeDevice>>;
  #push: () => void = () => {};
  /** Calls by name, with the devices that they name. */
  readonly calls: string[] = [];

  private constructor(options: FakePluginOptions) {
    this.#options = options;
    this.#devices = options.devices;
    this.#server = new UnixServer(options.path).serve(DevicePlugin, {
      getDevicePluginOptions: () => ({
        preStartRequired: options.wantsPreStart ?? false,
        getPreferredAllocationAvailable: options.prefers !== undefined,
      }),
      listAndWatch: (_request, signal) => this.#watch(signal),
      getPreferredAllocation: ({ containerRequests: [first] }) => {
        this.calls.push(
          `preferred ${first?.allocationSize} of ${first?.availableDeviceIDs.join()}`,
        );
        return { containerResponses: [{ deviceIDs: [...(options.prefers ?? [])] }] };
      },
      allocate: ({ containerRequests: [first] }) => {
        const ids = first?.devicesIds ?? [];
        this.calls.push(`allocate ${ids.join()}`);
        if (options.refusal !== undefined) throw new RpcRefusal(13, options.refusal);
        return { containerResponses: [responseFor(ids)] };
      },
      preStartContainer: ({ devicesIds }) => {
        this.calls.push(`preStart ${devicesIds.join()}`);
        return {};
      },
    });
  }

  static async start(options: FakePluginOptions): Promise<FakeDevicePlugin> {
    const plugin = new FakeDevicePlugin(options);
    await plugin.#server.listen();
    return plugin;
  }

  /** Makes itself known to the kubelet whose socket is beside its own. */
  async register(version = "v1beta1"): Promise<void> {
    const { resource, path } = this.#options;
    using kubelet = createUnixClient(`${dirname(path)}/kubelet.sock`, Registration);
    const endpoint = path.slice(path.lastIndexOf("/") + 1);
    await kubelet.service.register({ version, endpoint, resourceName: resource });
  }

  /** Announces other devices. */
  announce(devices: Readonly<Record<string, FakeDevice>>): void {
    this.#devices = devices;
    this.#push();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async *#watch(signal: AbortSignal) {
    while (!signal.aborted) {
      const next = new Promise<void>((resolve) => {
        this.#push = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      yield {
        devices: Object.entries(this.#devices).map(([ID, { health = "Healthy", nodes }]) => ({
          ...{ ID, health },
          ...(nodes === undefined
            ? {}
            : { topology: { nodes: nodes.map((node) => ({ ID: BigInt(node) })) } }),
        })),
      };
      await next;
    }
  }
}

function responseFor(ids: readonly string[]) {
  return {
    envs: { FAKE_DEVICES: ids.join() },
    mounts: [{ containerPath: "/fake-hosts", hostPath: "/etc/hosts", readOnly: true }],
    devices: [{ containerPath: "/dev/fake", hostPath: "/dev/null", permissions: "rw" }],
    annotations: { "fake.example/devices": ids.join() },
  };
}
