import cniBridgeEn from "./en/cni-bridge.yaml";
import cniEnvEn from "./en/cni-env.yaml";
import cniIpamEn from "./en/cni-ipam.yaml";
import cniNetworkEn from "./en/cni-network.yaml";
import containerdCriEn from "./en/containerd-cri.yaml";
import containerdDaemonEn from "./en/containerd-daemon.yaml";
import containerdImagesEn from "./en/containerd-images.yaml";
import containerdRunningEn from "./en/containerd-running.yaml";
import containerdShimEn from "./en/containerd-shim.yaml";
import flagsEn from "./en/flags.yaml";
import kubeProxyEn from "./en/kube-proxy.yaml";
import kubeProxyModesEn from "./en/kube-proxy-modes.yaml";
import kubeconfigEn from "./en/kubeconfig.yaml";
import kubeletAuthEn from "./en/kubelet-auth.yaml";
import kubeletCgroupsEn from "./en/kubelet-cgroups.yaml";
import kubeletEvictionEn from "./en/kubelet-eviction.yaml";
import kubeletNetworkEn from "./en/kubelet-network.yaml";
import kubeletNodeEn from "./en/kubelet-node.yaml";
import kubeletObservabilityEn from "./en/kubelet-observability.yaml";
import kubeletReservationsEn from "./en/kubelet-reservations.yaml";
import kubeletRuntimeEn from "./en/kubelet-runtime.yaml";
import kubeletServerEn from "./en/kubelet-server.yaml";
import loggingEn from "./en/logging.yaml";
import machinesEn from "./en/machines.yaml";
import nodewrightEn from "./en/nodewright.yaml";
import placesEn from "./en/places.yaml";
import unitFurtherEn from "./en/unit-further.yaml";
import unitServiceEn from "./en/unit-service.yaml";
import unitsEn from "./en/units.yaml";
import cniBridgeKo from "./ko/cni-bridge.yaml";
import cniEnvKo from "./ko/cni-env.yaml";
import cniIpamKo from "./ko/cni-ipam.yaml";
import cniNetworkKo from "./ko/cni-network.yaml";
import containerdCriKo from "./ko/containerd-cri.yaml";
import containerdDaemonKo from "./ko/containerd-daemon.yaml";
import containerdImagesKo from "./ko/containerd-images.yaml";
import containerdRunningKo from "./ko/containerd-running.yaml";
import containerdShimKo from "./ko/containerd-shim.yaml";
import flagsKo from "./ko/flags.yaml";
import kubeProxyKo from "./ko/kube-proxy.yaml";
import kubeProxyModesKo from "./ko/kube-proxy-modes.yaml";
import kubeconfigKo from "./ko/kubeconfig.yaml";
import kubeletAuthKo from "./ko/kubelet-auth.yaml";
import kubeletCgroupsKo from "./ko/kubelet-cgroups.yaml";
import kubeletEvictionKo from "./ko/kubelet-eviction.yaml";
import kubeletNetworkKo from "./ko/kubelet-network.yaml";
import kubeletNodeKo from "./ko/kubelet-node.yaml";
import kubeletObservabilityKo from "./ko/kubelet-observability.yaml";
import kubeletReservationsKo from "./ko/kubelet-reservations.yaml";
import kubeletRuntimeKo from "./ko/kubelet-runtime.yaml";
import kubeletServerKo from "./ko/kubelet-server.yaml";
import loggingKo from "./ko/logging.yaml";
import machinesKo from "./ko/machines.yaml";
import nodewrightKo from "./ko/nodewright.yaml";
import placesKo from "./ko/places.yaml";
import unitFurtherKo from "./ko/unit-further.yaml";
import unitServiceKo from "./ko/unit-service.yaml";
import unitsKo from "./ko/units.yaml";
import { pairTexts } from "./pair-texts.ts";

/** What is written about the options, by chapter: `en/CHAPTER.yaml` and `ko/CHAPTER.yaml`. */
export const TEXTS = {
  "cni-bridge": pairTexts(cniBridgeEn, cniBridgeKo),
  "cni-env": pairTexts(cniEnvEn, cniEnvKo),
  "cni-ipam": pairTexts(cniIpamEn, cniIpamKo),
  "cni-network": pairTexts(cniNetworkEn, cniNetworkKo),
  "containerd-cri": pairTexts(containerdCriEn, containerdCriKo),
  "containerd-daemon": pairTexts(containerdDaemonEn, containerdDaemonKo),
  "containerd-images": pairTexts(containerdImagesEn, containerdImagesKo),
  "containerd-running": pairTexts(containerdRunningEn, containerdRunningKo),
  "containerd-shim": pairTexts(containerdShimEn, containerdShimKo),
  flags: pairTexts(flagsEn, flagsKo),
  "kube-proxy": pairTexts(kubeProxyEn, kubeProxyKo),
  "kube-proxy-modes": pairTexts(kubeProxyModesEn, kubeProxyModesKo),
  kubeconfig: pairTexts(kubeconfigEn, kubeconfigKo),
  "kubelet-auth": pairTexts(kubeletAuthEn, kubeletAuthKo),
  "kubelet-cgroups": pairTexts(kubeletCgroupsEn, kubeletCgroupsKo),
  "kubelet-eviction": pairTexts(kubeletEvictionEn, kubeletEvictionKo),
  "kubelet-network": pairTexts(kubeletNetworkEn, kubeletNetworkKo),
  "kubelet-node": pairTexts(kubeletNodeEn, kubeletNodeKo),
  "kubelet-observability": pairTexts(kubeletObservabilityEn, kubeletObservabilityKo),
  "kubelet-reservations": pairTexts(kubeletReservationsEn, kubeletReservationsKo),
  "kubelet-runtime": pairTexts(kubeletRuntimeEn, kubeletRuntimeKo),
  "kubelet-server": pairTexts(kubeletServerEn, kubeletServerKo),
  logging: pairTexts(loggingEn, loggingKo),
  machines: pairTexts(machinesEn, machinesKo),
  nodewright: pairTexts(nodewrightEn, nodewrightKo),
  places: pairTexts(placesEn, placesKo),
  "unit-further": pairTexts(unitFurtherEn, unitFurtherKo),
  "unit-service": pairTexts(unitServiceEn, unitServiceKo),
  units: pairTexts(unitsEn, unitsKo),
};
