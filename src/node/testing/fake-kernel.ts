import { NodewrightError } from "../../base/mod.ts";
import type { Kernel, RunningProcess } from "../../machine/mod.ts";

/** A kernel that keeps what it is told and refuses what is not there. */
export class FakeKernel implements Kernel {
  readonly #effect: (what: string) => void;
  modules = new Map<string, "loaded" | "loadable" | "absent">();
  sysctls = new Map<string, string>();
  swaps = new Set<string>();
  routes = new Map<string, string>();
  links = new Set<string>();
  mounts = new Set<string>();
  masquerade = new Map<string, number>();
  /** Tables and chains of kube-proxy and kubelet. */
  services = new Set<string>();
  shims: RunningProcess[] = [];

  constructor(effect: (what: string) => void = () => {}) {
    this.#effect = effect;
  }

  async missingModules(modules: readonly string[]) {
    return modules
      .map((module) => ({ module, state: this.modules.get(module) ?? "absent" }))
      .filter(({ state }) => state !== "loaded")
      .map(({ module, state }) => ({ module, loadable: state === "loadable" }));
  }
  async loadModule(module: string) {
    await this.#change(`modprobe ${module}`, () => {
      if (this.modules.get(module) !== "loadable") {
        throw new NodewrightError("exec", `Cannot load kernel module ${module}: not found`);
      }
      this.modules.set(module, "loaded");
    });
  }
  async readSysctl(key: string) {
    return this.sysctls.get(key) ?? null;
  }
  async writeSysctl(key: string, value: string) {
    await this.#change(`sysctl ${key}`, () => {
      if (!this.sysctls.has(key)) throw new NodewrightError("syscall", `Cannot set ${key}: ENOENT`);
      this.sysctls.set(key, value);
    });
  }
  async activeSwaps() {
    return [...this.swaps];
  }
  async swapOff(path: string) {
    await this.#change(`swapoff ${path}`, () => void this.swaps.delete(path));
  }
  async swapOn(path: string) {
    await this.#change(`swapon ${path}`, () => void this.swaps.add(path));
  }
  async readRoutes(destinations: readonly string[]) {
    return Object.fromEntries(destinations.map((d) => [d, this.routes.get(d) ?? null]));
  }
  async replaceRoute(destination: string, via: string) {
    await this.#change(`route ${destination}`, () => void this.routes.set(destination, via));
  }
  async removeRoute(destination: string) {
    await this.#change(`unroute ${destination}`, () => void this.routes.delete(destination));
  }
  async bridges() {
    return [...this.links];
  }
  async removeLink(name: string) {
    await this.#change(`unlink ${name}`, () => {
      if (!this.links.delete(name)) throw new NodewrightError("exec", `No link ${name}`);
    });
  }
  async mountsBelow(directory: string) {
    return [...this.mounts]
      .filter((path) => `${path}/`.startsWith(`${directory}/`))
      .toSorted()
      .toReversed();
  }
  async unmount(path: string) {
    await this.#change(`umount ${path}`, () => void this.mounts.delete(path));
  }
  async masqueradeRules(networks: readonly string[]) {
    return networks.filter((name) => this.masquerade.has(name)).map((name) => `rule of ${name}`);
  }
  async removeMasqueradeRules(networks: readonly string[]) {
    await this.#change("masquerade", () => {
      for (const name of networks) this.masquerade.delete(name);
    });
  }
  async serviceRules() {
    return [...this.services];
  }
  async removeServiceRules() {
    await this.#change("service rules", () => this.services.clear());
  }
  async shimProcesses() {
    return this.shims;
  }
  async killProcess(process: RunningProcess) {
    await this.#change(`kill ${process.pid}`, () => {
      this.shims = this.shims.filter(({ pid }) => pid !== process.pid);
    });
  }
  async relabel() {}

  /** Everything that is set, to compare before and after. */
  snapshot(): unknown {
    return {
      sysctls: Object.fromEntries(this.sysctls),
      swaps: [...this.swaps],
      routes: Object.fromEntries(this.routes),
      links: [...this.links],
      mounts: [...this.mounts],
      masquerade: [...this.masquerade.keys()],
      services: [...this.services],
    };
  }

  async #change(what: string, work: () => void): Promise<void> {
    this.#effect(`before ${what}`);
    work();
    this.#effect(`after ${what}`);
  }
}
