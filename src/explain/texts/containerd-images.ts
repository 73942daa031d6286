import type { OptionText } from "../option.ts";

/** containerd's config.toml, the CRI plugin: images and registries. */
export const containerdImageTexts: readonly OptionText[] = [
  {
    path: "cri.sandbox_image",
    en: "The image of the pause container that holds each pod's namespaces. Version 3 and later have it as pinned_images.sandbox. Each containerd has another default, so a site without a registry names and preloads it. The kubelet never removes it, as containerd has it pinned.",
    ko: "파드마다 네임스페이스를 붙잡고 있는 pause 컨테이너의 이미지다. 버전 3부터는 pinned_images.sandbox다. containerd마다 기본값이 다르므로, 레지스트리가 없는 환경에서는 이미지를 지정하고 미리 넣어 둔다. containerd가 고정(pin)하므로 kubelet이 지우지 않는다.",
    enWrong:
      'No pod starts: "failed to get sandbox image "registry.k8s.io/pause:...": failed to pull image".',
    koWrong:
      '파드가 시작하지 못한다: "failed to get sandbox image "registry.k8s.io/pause:...": failed to pull image".',
    defaultIs: [
      "by version: pause:3.6 (1.6), 3.8 (1.7), 3.10 (2.0, 2.1), 3.10.1 (2.2), 3.10.2 (2.3)",
      "버전별로 다르다: pause:3.6(1.6), 3.8(1.7), 3.10(2.0, 2.1), 3.10.1(2.2), 3.10.2(2.3)",
    ],
    tiedTo: ["containerd:cri.pinned_images", "nodewright:images", "NW-A18"],
  },
  {
    path: "cri.pinned_images",
    en: "Images that are never removed, by their purpose; sandbox is the pause container's.",
    ko: "지우지 않는 이미지를 용도별로 적는다. sandbox가 pause 컨테이너의 이미지다.",
    enWrong: 'With sandbox wrong no pod starts: "failed to get sandbox image".',
    koWrong: 'sandbox가 잘못되면 "failed to get sandbox image"로 파드가 시작하지 못한다.',
    tiedTo: ["containerd:cri.sandbox_image", "NW-A18"],
  },
  {
    path: "cri.containerd.snapshotter",
    en: "How layers of images become the file system of a container. overlayfs lays them over each other without copying and is right for nearly everyone. Versions 3 and 4 have it among the images.",
    ko: "이미지 레이어를 컨테이너의 파일 시스템으로 만드는 방식이다. overlayfs는 복사 없이 레이어를 겹쳐 쓰며(copy-on-write) 거의 모든 경우에 알맞다. 버전 3과 4에서는 이미지 쪽 설정에 있다.",
    enWrong:
      'A snapshotter that is not there: "snapshotter ... was not found", and no image is unpacked. overlayfs on a file system that cannot carry it: "failed to mount overlay". A change needs all images pulled anew.',
    koWrong:
      '없는 스냅숏터이면 "snapshotter ... was not found"로 이미지를 풀지 못한다. overlayfs를 지원하지 않는 파일 시스템이면 "failed to mount overlay"가 나온다. 바꾸면 모든 이미지를 다시 받아야 한다.',
    tiedTo: ["containerd:root", "unit:Service.ExecStartPre", "NW-A17"],
  },
  {
    path: "cri.containerd.disable_snapshot_annotations",
    en: "Does not tell the snapshotter which image a layer is from. Lazily loading snapshotters (stargz, nydus) need false.",
    ko: "레이어가 어느 이미지의 것인지 스냅숏터에 알리지 않는다. 필요할 때 내려받는 스냅숏터(stargz, nydus)는 false가 필요하다.",
    tiedTo: ["containerd:cri.containerd.snapshotter"],
  },
  {
    path: "cri.containerd.discard_unpacked_layers",
    en: "Deletes the compressed layers once they are unpacked, which saves disk. Such images can no longer be exported or pushed.",
    ko: "압축된 레이어를 푼 뒤 지워 디스크를 아낀다. 그런 이미지는 내보내거나 푸시할 수 없다.",
  },
  {
    path: "cri.max_concurrent_downloads",
    en: "How many layers of one image are downloaded at once.",
    ko: "이미지 하나에서 동시에 내려받는 레이어의 수다.",
    tiedTo: ["kubelet:serializeImagePulls", "kubelet:maxParallelImagePulls"],
  },
  {
    path: "cri.concurrent_layer_fetch_buffer",
    en: "How many bytes one layer is cut into for several downloads at once; 0 does not cut. Since 2.1.",
    ko: "레이어 하나를 나누어 동시에 내려받을 조각의 크기(바이트)다. 0이면 나누지 않는다. 2.1부터 있다.",
  },
  {
    path: "cri.image_pull_progress_timeout",
    en: "After which time without a byte a pull is given up; 0 never gives up.",
    ko: "한 바이트도 받지 못한 채 이 시간이 지나면 풀을 포기한다. 0이면 포기하지 않는다.",
    defaultIs: [
      "5m0s in versions 3 and 4; other values in 1.x",
      "버전 3과 4에서는 5m0s. 1.x에서는 다르다",
    ],
  },
  {
    path: "cri.image_pull_with_sync_fs",
    en: "Makes sure that an unpacked image is on the disk before the pull is done. It is slower, and safe where power fails.",
    ko: "풀을 마치기 전에 푼 이미지가 디스크에 기록되도록 한다. 느리지만 전원이 나가도 안전하다.",
  },
  {
    path: "cri.stats_collect_period",
    en: "How often, in seconds, disk usage of snapshots is measured.",
    ko: "스냅숏의 디스크 사용량을 측정하는 주기(초)다.",
    tiedTo: ["kubelet:evictionHard"],
  },
  {
    path: "cri.use_local_image_pull",
    en: "Pulls images in the client as 1.x did, rather than through the transfer service. Since 2.1.",
    ko: "전송(transfer) 서비스를 거치지 않고 1.x처럼 직접 이미지를 받는다. 2.1부터 있다.",
  },
  {
    path: "cri.disable_image_pull_with_transfer_service",
    en: "Pulls images without the transfer service, as use_local_image_pull does; only some versions have this name.",
    ko: "use_local_image_pull처럼 전송 서비스 없이 이미지를 받는다. 일부 버전에만 있는 이름이다.",
    tiedTo: ["containerd:cri.use_local_image_pull"],
  },
  {
    path: "cri.runtime_platforms",
    en: "Another platform and snapshotter for the images of single runtimes, by the runtime's name.",
    ko: "특정 런타임의 이미지에 쓸 다른 플랫폼과 스냅숏터를 런타임 이름별로 적는다.",
  },
  {
    path: "cri.runtime_platforms.*.platform",
    en: "The platform, such as linux/arm64.",
    ko: "플랫폼이다(예: linux/arm64).",
  },
  {
    path: "cri.runtime_platforms.*.snapshotter",
    en: "The snapshotter for it.",
    ko: "그 플랫폼에 쓸 스냅숏터다.",
  },
  {
    path: "cri.registry",
    en: "Registries: mirrors, certificates, credentials.",
    ko: "레지스트리의 미러, 인증서, 자격 증명 설정이다.",
  },
  {
    path: "cri.registry.config_path",
    en: "A directory with a folder and a hosts.toml for each registry (/etc/containerd/certs.d). Changes are seen without a restart.",
    ko: "레지스트리마다 폴더와 hosts.toml을 두는 디렉터리다(/etc/containerd/certs.d). 재시작 없이 변경이 반영된다.",
    enWrong:
      'Together with mirrors the CRI plugin does not load: "mirrors cannot be set when config_path is provided", and the kubelet finds no RuntimeService.',
    koWrong:
      'mirrors와 함께 쓰면 "mirrors cannot be set when config_path is provided"로 CRI 플러그인이 로드되지 않아 kubelet이 RuntimeService를 찾지 못한다.',
    tiedTo: ["containerd:cri.registry.mirrors", "NW-A07", "NW-A19"],
  },
  {
    path: "cri.registry.headers",
    en: "HTTP headers for requests to registries.",
    ko: "레지스트리 요청에 붙이는 HTTP 헤더다.",
  },
  {
    path: "cri.registry.mirrors",
    en: "Mirrors of registries. It goes in containerd 2.4.",
    ko: "레지스트리의 미러다. containerd 2.4에서 없어진다.",
    enWrong: "Together with a config_path the CRI plugin does not load.",
    koWrong: "config_path와 함께 쓰면 CRI 플러그인이 로드되지 않는다.",
    tiedTo: ["containerd:cri.registry.config_path", "NW-A07", "NW-A19"],
  },
  {
    path: "cri.registry.configs",
    en: "Certificates and credentials of registries. It goes in containerd 2.4.",
    ko: "레지스트리의 인증서와 자격 증명이다. containerd 2.4에서 없어진다.",
    tiedTo: ["containerd:cri.registry.config_path", "NW-A19"],
  },
  {
    path: "cri.registry.auths",
    en: "Credentials of registries. It goes in containerd 2.4.",
    ko: "레지스트리의 자격 증명이다. containerd 2.4에서 없어진다.",
    tiedTo: ["NW-A19"],
  },
  { path: "cri.image_decryption", en: "Encrypted images.", ko: "암호화된 이미지에 대한 설정이다." },
  {
    path: "cri.image_decryption.key_model",
    en: "Where keys of encrypted images lie: node for the node itself; empty turns decryption off.",
    ko: "암호화된 이미지의 키가 있는 곳이다. node는 노드 자신을 뜻하고, 비워 두면 복호화를 끈다.",
    tiedTo: ["containerd:stream_processors"],
  },
];
