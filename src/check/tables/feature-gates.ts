/**
 * Feature gates of the Kubernetes components. Read: Kubernetes' own generated list
 * (test/compatibility_lifecycle/reference/feature_list.md) as it was while 1.36 was developed, the
 * versioned list of the time of 1.34, the kubelet reference of 1.34 for the gates that neither has
 * (AllAlpha, logging), and the documentation's page of removed gates. Every component registers
 * nearly the same ones, so one table serves the kubelet and kube-proxy.
 */

/** A gate as of 1.36. Numbers are minors of 1.x. */
export interface FeatureGate {
  /** The first minor that knows it. */
  readonly since: number;
  /** From this minor on it can only be what it is by default; the default is then true. */
  readonly lockedSince?: number;
}

/** The newest minor whose list was read to its end; later ones may know more gates. */
export const GATES_COMPLETE_TO = 35;

/** NAME:SINCE or NAME:SINCE:LOCKED. */
const KNOWN = `
AllAlpha:6 AllBeta:20 APIResponseCompression:8 APIServerIdentity:20 APIServerTracing:22:34
APIServingWithRoutine:30 AggregatedDiscoveryRemoveBetaType:33:35 AllowDNSOnlyNodeCSR:31
AllowInsecureKubeletCertificateSigningRequests:31 AllowOverwriteTerminationGracePeriodSeconds:32:35
AllowParsingUserUIDFromCertAuth:33 AllowUnsafeMalformedObjectDeletion:32
AnonymousAuthConfigurableEndpoints:31:34 AnyVolumeDataSource:18:33 AtomicFIFO:36
AuthorizeNodeWithSelectors:31:34 AuthorizePodWebsocketUpgradeCreatePermission:35
AuthorizeWithSelectors:31:34 BtreeWatchCache:32:33 CBORServingAndStorage:32
CPUManagerPolicyAlphaOptions:23 CPUManagerPolicyBetaOptions:23 CPUManagerPolicyOptions:22:33
CRDObservedGenerationTracking:35 CRDValidationRatcheting:28:33 CSIServiceAccountTokenSecrets:35:36
CSIVolumeHealth:21 ChangeContainerStatusOnKubeletRestart:35 ClearingNominatedNodeNameAfterBinding:34
ClientsAllowCBOR:32 ClientsPreferCBOR:32 CloudControllerManagerWatchBasedRoutesReconciliation:35
CloudControllerManagerWebhook:27 ClusterTrustBundle:27 ClusterTrustBundleProjection:29
ComponentFlagz:32 ComponentStatusz:32 ConcurrentWatchObjectDecode:31 ConsistentListFromCache:28:34
ContainerCheckpoint:25 ContainerRestartRules:34 ContainerStopSignals:33 ContextualLogging:24
CoordinatedLeaderElection:31 CrossNamespaceVolumeDataSource:26 CustomCPUCFSQuotaPeriod:12
CustomResourceFieldSelectors:30:32 DRAAdminAccess:32 DRAConsumableCapacity:34
DRADeviceBindingConditions:34 DRADeviceTaintRules:35 DRADeviceTaints:33 DRAExtendedResource:34
DRAPartitionableDevices:33 DRAPrioritizedList:33 DRAResourceClaimDeviceStatus:32
DRASchedulerFilterTimeout:34 DeclarativeValidation:33 DeclarativeValidationTakeover:33
DeploymentReplicaSetTerminatingReplicas:33 DetectCacheInconsistency:34
DisableAllocatorDualWrite:31:35 DisableCPUQuotaWithExclusiveCPUs:33 DisableNodeKubeProxyVersion:29
DynamicResourceAllocation:26:35 EnvFiles:34 EventedPLEG:26 ExecProbeTimeout:20:35
ExternalServiceAccountTokenSigner:32 GangScheduling:35 GenericWorkload:35 GitRepoVolumeDriver:33
GracefulNodeShutdown:20 GracefulNodeShutdownBasedOnPodPriority:23 HPAConfigurableTolerance:33
HPAScaleToZero:16 HonorPVReclaimPolicy:23:33 HostnameOverride:34 ImageMaximumGCAge:29:35
ImageVolume:31 ImageVolumeWithDigest:35 InOrderInformers:33 InOrderInformersBatchProcess:35
InPlacePodLevelResourcesVerticalScaling:35 InPlacePodVerticalScaling:27:35
InPlacePodVerticalScalingAllocatedStatus:32 InPlacePodVerticalScalingExclusiveCPUs:32
InPlacePodVerticalScalingExclusiveMemory:34 InformerResourceVersion:30 JobBackoffLimitPerIndex:28:33
JobManagedBy:30:35 JobPodReplacementPolicy:28:34 JobSuccessPolicy:30:33 KMSv1:28
KubeletCgroupDriverFromCRI:28:34 KubeletCrashLoopBackOffMax:32 KubeletEnsureSecretPulledImages:33
KubeletFineGrainedAuthz:32:36 KubeletInUserNamespace:22 KubeletPSI:33
KubeletPodResourcesDynamicResources:27 KubeletPodResourcesGet:27
KubeletPodResourcesListUseActivePods:34 KubeletRegistrationGetOnExistsOnly:32
KubeletSeparateDiskGC:29 KubeletServiceAccountTokenForCredentialProviders:33 KubeletTracing:25:34
ListFromCacheSnapshot:33 LocalStorageCapacityIsolationFSQuotaMonitoring:15
LogarithmicScaleDown:21:31 LoggingAlphaOptions:24 LoggingBetaOptions:24
MatchLabelKeysInPodAffinity:29:33 MatchLabelKeysInPodTopologySpread:25
MatchLabelKeysInPodTopologySpreadSelectorMerge:34 MaxUnavailableStatefulSet:24 MemoryQoS:22
MultiCIDRServiceAllocator:27:34 MutableCSINodeAllocatableCount:33 MutablePVNodeAffinity:35
MutablePodResourcesForSuspendedJobs:35 MutableSchedulingDirectivesForSuspendedJobs:35
MutatingAdmissionPolicy:32 NFTablesProxyMode:29:33 NodeDeclaredFeatures:35
NodeInclusionPolicyInPodTopologySpread:25:33 NodeLogQuery:27 NodeSwap:22:34
NominatedNodeNameForExpectation:34 OpenAPIEnums:23 OpportunisticBatching:35
OrderedNamespaceDeletion:30:34 PodAndContainerStatsFromCRI:23 PodCertificateRequest:34
PodDeletionCost:21 PodLevelResources:32 PodLifecycleSleepAction:29:34
PodLifecycleSleepActionAllowZero:32:34 PodLogsQuerySplitStreams:32
PodObservedGenerationTracking:33:35 PodReadyToStartContainersCondition:28
PodSchedulingReadiness:26:30 PodTopologyLabelsAdmission:33 PortForwardWebsockets:30
PreferSameTrafficDistribution:33:35 PreventStaticPodAPIReferences:34 ProcMountType:12 QOSReserved:11
RecoverVolumeExpansionFailure:23:34 RecursiveReadOnlyMounts:30:33
ReduceDefaultCrashLoopBackOffDecay:33 RelaxedDNSSearchValidation:32:34
RelaxedEnvironmentVariableValidation:30:34 RelaxedServiceNameValidation:34
ReloadKubeletServerCertificateFile:31 RemoteRequestHeaderUID:32
ResilientWatchCacheInitialization:31:34 ResourceHealthStatus:31 ResourceHealthStatusMessage:36
RestartAllContainersOnContainerExits:35 RetryGenerateName:30:32 RotateKubeletServerCertificate:7
RuntimeClassInImageCriApi:29 SELinuxChangePolicy:32 SELinuxMount:30 SELinuxMountReadWriteOncePod:25
SchedulerAsyncAPICalls:34 SchedulerAsyncPreemption:32 SchedulerPopFromBackoffQ:33
SchedulerQueueingHints:28:34 SeparateCacheWatchRPC:28 SeparateTaintEvictionController:29:34
ServiceAccountNodeAudienceRestriction:32 ServiceAccountTokenJTI:29:32
ServiceAccountTokenNodeBinding:29:33 ServiceAccountTokenNodeBindingValidation:29:32
ServiceAccountTokenPodNodeInfo:29:32 SidecarContainers:28:33 SizeBasedListCostEstimate:34
StatefulSetSemanticRevisionComparison:34 StorageCapacityScoring:33 StorageNamespaceIndex:30
StorageVersionAPI:20 StorageVersionHash:14 StorageVersionMigrator:30
StreamingCollectionEncodingToJSON:33:34 StreamingCollectionEncodingToProtobuf:33:34
StrictIPCIDRValidation:33 StructuredAuthenticationConfiguration:29:34
StructuredAuthenticationConfigurationEgressSelector:34
StructuredAuthenticationConfigurationJWKSMetrics:35 SupplementalGroupsPolicy:31:35
SystemdWatchdog:32:35 TaintTolerationComparisonOperators:35
TokenRequestServiceAccountUIDValidation:34 TopologyManagerPolicyAlphaOptions:26
TopologyManagerPolicyBetaOptions:26 TopologyManagerPolicyOptions:26:32
TranslateStreamCloseWebsocketRequests:29 UnauthenticatedHTTP2DOSMitigation:25
UnknownVersionInteroperabilityProxy:28 UnlockWhileProcessingFIFO:36
UserNamespacesHostNetworkSupport:35 UserNamespacesSupport:25 VolumeAttributesClass:29:36
VolumeLimitScaling:35 WatchCacheInitializationPostStartHook:31 WatchList:27 WatchListClient:30
WinDSR:14:34 WinOverlay:14:34 WindowsCPUAndMemoryAffinity:32 WindowsGracefulNodeShutdown:32
WindowsHostNetwork:26
`;

/** Gates by name. */
export const FEATURE_GATES: ReadonlyMap<string, FeatureGate> = new Map(
  KNOWN.trim()
    .split(/\s+/)
    .map((entry): [string, FeatureGate] => {
      const [name = "", since, locked] = entry.split(":");
      const gate = { since: Number(since) };
      return [name, locked === undefined ? gate : { ...gate, lockedSince: Number(locked) }];
    }),
);

/**
 * NAME:MINOR, a minor that is known not to have the gate any more: the one after the last that the
 * documentation names, else 36, whose list does not have it.
 */
const GONE = `
Accelerators:12 AdvancedAuditing:28 AllowInsecureBackendProxy:26 AllowServiceLBStatusOnNonLB:36
AppArmor:36 AppArmorFields:36 AttachVolumeLimit:22 BlockVolume:22 BoundServiceAccountTokenVolume:24
CPUManager:36 CRIContainerLogRotation:23 CSIBlockVolume:22 CSIDriverRegistry:22 CSIInlineVolume:27
CSIMigration:27 CSIMigrationAWS:27 CSIMigrationAzureDisk:27 CSIMigrationAzureFile:36
CSIMigrationGCE:28 CSIMigrationOpenStack:26 CSIMigrationPortworx:36 CSIMigrationRBD:36
CSIMigrationvSphere:36 CSINodeInfo:23 CSIServiceAccountToken:25 CSIStorageCapacity:28
CSIVolumeFSGroupPolicy:26 CloudDualStackNodeIPs:36 ComponentSLIs:36 ConfigurableFSGroupPolicy:26
CronJobsScheduledAnnotation:36 DaemonSetUpdateSurge:27 DefaultPodTopologySpread:26
DelegateFSGroupToCSIDriver:28 DevicePluginCDIDevices:36 DevicePlugins:28
DisableAcceleratorUsageMetrics:28 DisableCloudProviders:36
DisableKubeletCloudCredentialProviders:36 DryRun:28 DynamicKubeletConfig:26 EndpointSlice:25
EndpointSliceNodeName:25 EndpointSliceProxying:25 EndpointSliceTerminatingCondition:28
EphemeralContainers:27 EvenPodsSpread:22 ExpandCSIVolumes:27 ExpandInUsePersistentVolumes:27
ExpandPersistentVolumes:27 ExpandedDNSConfig:36 ExperimentalCriticalPodAnnotation:17
GenericEphemeralVolume:25 HugePageStorageMediumSize:25 HugePages:17 IPv6DualStack:25 IdentifyPodOS:27
ImmutableEphemeralVolumes:25 InTreePluginAWSUnregister:36 InTreePluginAzureDiskUnregister:36
InTreePluginAzureFileUnregister:36 InTreePluginGCEUnregister:36 InTreePluginOpenStackUnregister:36
InTreePluginPortworxUnregister:36 InTreePluginRBDUnregister:36 InTreePluginvSphereUnregister:36
KubeProxyDrainingTerminatingNodes:36 KubeletConfigFile:11 KubeletCredentialProviders:29
KubeletPluginsWatcher:17 KubeletPodResources:36 KubeletPodResourcesGetAllocatable:36
LegacyNodeRoleBehavior:23 LegacySidecarContainers:36 LoadBalancerIPMode:36
LocalStorageCapacityIsolation:27 MemoryManager:36 MinimizeIPTablesRestore:36 MixedProtocolLBService:28
MountContainers:18 MountPropagation:15 NetworkPolicyEndPort:27 NetworkPolicyStatus:28
NewVolumeManagerReconstruction:36 NodeDisruptionExclusion:23 NodeLease:24
NodeOutOfServiceVolumeDetach:36 NonPreemptingPriority:26 PodDisruptionBudget:26
PodDisruptionConditions:36 PodHasNetworkCondition:28 PodHostIPs:36 PodIndexLabel:36 PodOverhead:26
PodPriority:19 PodReadinessGates:17 PodSecurity:28 PodShareProcessNamespace:20
ProbeTerminationGracePeriod:36 ProxyTerminatingEndpoints:36 ReadWriteOncePod:36
RemoveSelfLink:36 RotateKubeletClientCertificate:22 RunAsGroup:23 RuntimeClass:25 SCTPSupport:23
SeccompDefault:36 ServerSideApply:36 ServiceAppProtocol:23 ServiceIPStaticSubrange:28
ServiceInternalTrafficPolicy:28 ServiceLBNodePortControl:26 ServiceLoadBalancerClass:26
ServiceNodeExclusion:23 ServiceNodePortStaticSubrange:36 ServiceTopology:23
ServiceTrafficDistribution:36 SetHostnameAsFQDN:25 SizeMemoryBackedVolumes:36 StartupProbe:24
StatefulSetAutoDeletePVC:36 StatefulSetMinReadySeconds:27 StorageObjectInUseProtection:25
StreamingProxyRedirects:25 StrictCostEnforcementForVAP:36 StrictCostEnforcementForWebhooks:36
StructuredAuthorizationConfiguration:36 SupportIPVSProxyMode:21 SupportNodePidsLimit:24
SupportPodPidsLimit:24 SuspendJob:26 Sysctls:23 TTLAfterFinished:25 TaintBasedEvictions:21
TaintNodesByCondition:19 TokenRequest:22 TokenRequestProjection:22 TopologyAwareHints:36
TopologyManager:36 UserNamespacesPodSecurityStandards:36 UserNamespacesStatelessPodsSupport:28
ValidateProxyRedirects:25 VolumeSnapshotDataSource:23 VolumeSubpath:25 VolumeSubpathEnvExpansion:25
WarningHeaders:25 WatchFromStorageWithoutResourceVersion:36 WindowsEndpointSliceProxying:25
WindowsHostProcessContainers:28
`;

/** Gates that were, with a minor that is known to be without. */
export const REMOVED_GATES: ReadonlyMap<string, number> = new Map(
  GONE.trim()
    .split(/\s+/)
    .map((entry): [string, number] => {
      const [name = "", minor] = entry.split(":");
      return [name, Number(minor)];
    }),
);
