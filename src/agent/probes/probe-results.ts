/** What the probes of one container say; a probe that has not answered, or is not there, is absent. */
export interface ProbeResults {
  readonly startup?: boolean;
  readonly liveness?: boolean;
  readonly readiness?: boolean;
}

/** Results by the runtime's container id: a new container starts without any. */
export type ProbeView = ReadonlyMap<string, ProbeResults>;
