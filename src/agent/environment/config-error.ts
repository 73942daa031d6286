/** Why a container cannot be made from its spec: what its waiting state says (CreateContainerConfigError). */
export class ConfigError extends Error {}
