import {
  type EndpointSliceObject,
  type EndpointsByPort,
  familyOfSlice,
  mergeEndpoints,
  readEndpoints,
  serviceOfSlice,
} from "./endpoint.ts";
import { readServicePorts, type ServiceObject, type ServicePort } from "./service-port.ts";

/** What the API says of one Service, in one address family. */
export interface ServiceState {
  readonly ports: readonly ServicePort[];
  readonly endpoints: EndpointsByPort;
}

const NOTHING: ServiceState = { ports: [], endpoints: new Map() };

/**
 * The Services and EndpointSlices of the cluster in one address family, and which Services have
 * changed since the last `takeChanges()`. It keeps what was read of them, not the objects.
 */
export class ServiceStore {
  readonly #family: 4 | 6;
  readonly #nodeName: string;
  readonly #ports = new Map<string, readonly ServicePort[]>();
  /** Service -> slice -> its endpoints. */
  readonly #slices = new Map<string, Map<string, EndpointsByPort>>();
  /** Slice (`NAMESPACE/NAME`) -> its Service: a slice may change hands. */
  readonly #serviceOf = new Map<string, string>();
  readonly #changed = new Set<string>();

  constructor(family: 4 | 6, nodeName: string) {
    this.#family = family;
    this.#nodeName = nodeName;
  }

  /** The Services that have ports in this family, as `NAMESPACE/NAME`. */
  get services(): IterableIterator<string> {
    return this.#ports.keys();
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0;
  }

  /** All Services, as a list gives them: what is not among them is gone. */
  replaceServices(services: readonly ServiceObject[]): void {
    const names = new Set(services.map(nameOf));
    for (const name of [...this.#ports.keys()]) if (!names.has(name)) this.#setPorts(name, []);
    for (const service of services) this.setService(service);
  }

  setService(service: ServiceObject): void {
    const ports = orNothing(() => readServicePorts(service, this.#family)) ?? [];
    this.#setPorts(nameOf(service), ports);
  }

  removeService(service: ServiceObject): void {
    this.#setPorts(nameOf(service), []);
  }

  /** All slices, as a list gives them. */
  replaceSlices(slices: readonly EndpointSliceObject[]): void {
    const names = new Set(slices.map(nameOf));
    for (const name of [...this.#serviceOf.keys()]) if (!names.has(name)) this.#dropSlice(name);
    for (const slice of slices) this.setSlice(slice);
  }

  setSlice(slice: EndpointSliceObject): void {
    const name = nameOf(slice);
    const service = serviceOfSlice(slice);
    if (this.#serviceOf.get(name) !== service) this.#dropSlice(name);
    if (service === undefined || familyOfSlice(slice) !== this.#family) return;
    const slices = this.#slices.get(service) ?? new Map<string, EndpointsByPort>();
    const endpoints: EndpointsByPort =
      orNothing(() => readEndpoints(slice, this.#nodeName)) ?? new Map();
    if (Bun.deepEquals(slices.get(name), endpoints)) return;
    slices.set(name, endpoints);
    this.#slices.set(service, slices);
    this.#serviceOf.set(name, service);
    this.#changed.add(service);
  }

  removeSlice(slice: EndpointSliceObject): void {
    this.#dropSlice(nameOf(slice));
  }

  /** What is known of a Service; nothing where it is gone. */
  state(service: string): ServiceState {
    const ports = this.#ports.get(service);
    if (ports === undefined) return NOTHING;
    return { ports, endpoints: mergeEndpoints(this.#slices.get(service)?.values() ?? []) };
  }

  /** The Services that have changed since the last call, as `NAMESPACE/NAME`. */
  takeChanges(): readonly string[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  #setPorts(service: string, ports: readonly ServicePort[]): void {
    const before = this.#ports.get(service) ?? [];
    if (Bun.deepEquals(before, ports)) return;
    if (ports.length === 0) this.#ports.delete(service);
    else this.#ports.set(service, ports);
    this.#changed.add(service);
  }

  #dropSlice(name: string): void {
    const service = this.#serviceOf.get(name);
    if (service === undefined) return;
    this.#serviceOf.delete(name);
    const slices = this.#slices.get(service);
    slices?.delete(name);
    if (slices?.size === 0) this.#slices.delete(service);
    this.#changed.add(service);
  }
}

/** An object that is not as the API has it says nothing: the others are routed all the same. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

function nameOf({ metadata }: ServiceObject | EndpointSliceObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
