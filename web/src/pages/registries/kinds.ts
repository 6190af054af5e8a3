// Kinds of registries, and what each asks for.

export const KINDS = [
  "Docker Registry",
  "Docker Hub",
  "Quay",
  "Amazon ECR Registry",
  "Azure Container Registry",
  "Google Container Registry",
  "JFrog Artifactory",
  "OpenShift Registry",
  "Red Hat Public Registry",
  "Sonatype Nexus",
  "Gitlab",
  "IBM Cloud Container Registry",
  "Harbor Registry",
  "GitHub Container Registry",
] as const;

/** What the form asks for, beside the address and the filters. */
export type Part = "password" | "token" | "aws" | "gcr" | "jfrog" | "gitlab" | "ibm";

const PARTS: Record<string, Part[]> = {
  "Amazon ECR Registry": ["aws"],
  "Google Container Registry": ["gcr"],
  "JFrog Artifactory": ["password", "jfrog"],
  "OpenShift Registry": ["password", "token"],
  Gitlab: ["password", "gitlab"],
  "IBM Cloud Container Registry": ["password", "ibm"],
};

export function partsOf(kind: string): Part[] {
  return PARTS[kind] ?? ["password"];
}
