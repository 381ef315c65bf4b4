// Where the test runs: the Kubernetes that KUBECONFIG names, or the one-node one beside the repository.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { run, start } from './command.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const KUBE = fileURLToPath(new URL('../../../shared/kube/kube', import.meta.url));
const TAG = 'localhost/mcp-cluster:test';
const MINUTE = 60_000;

/** @returns the cluster, or undefined when there is none to test on */
export function findCluster() {
  if (process.env.KUBECONFIG) return new GivenCluster();
  return existsSync(KUBE) ? new OneNodeCluster() : undefined;
}

/**
 * Any cluster that people give. Its image must be where it can pull it, since only its owner knows how it gets there.
 * Clients reach it by port-forward.
 */
class GivenCluster {
  name = `the cluster of KUBECONFIG=${process.env.KUBECONFIG}`;
  /** A port-forward ends at one pod, so the calls of a rolling update would die with it. */
  reachesServices = false;

  async open() {
    if (!process.env.IMAGE)
      throw new Error('KUBECONFIG is set, so IMAGE must name an image that this cluster can pull, got nothing');
    await this.run(['kubectl', 'version'], {});
    return process.env.IMAGE;
  }

  run([command, ...args], options) {
    return run(command, args, options);
  }

  start([command, ...args], options) {
    return start(command, args, options);
  }

  async withService(namespace, service, port, use) {
    const target = ['port-forward', '-n', namespace, `service/${service}`, `:${port}`];
    const forward = start('kubectl', target, { timeoutMs: 10 * MINUTE });
    try {
      for await (const line of forward.lines) {
        const local = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (local !== undefined) return await use(`http://127.0.0.1:${local}`);
      }
      throw new Error(`kubectl port-forward said: ${forward.output}`);
    } finally {
      forward.child.kill();
    }
  }

  close() {
    return Promise.resolve();
  }
}

/** A real Kubernetes on this machine, in a network of its own: commands run inside that, so Services are reachable. */
class OneNodeCluster {
  name = 'the one-node Kubernetes of ../shared/kube';
  reachesServices = true;

  async open() {
    // Compiled on the first run only, which takes a quarter of an hour on two cores.
    await run(KUBE, ['tools'], { timeoutMs: 40 * MINUTE });
    await this.close(); // of a run that could not clean up: `up` starts from nothing only
    // Built while no cluster is up, which is when it is not loaded yet.
    await run(KUBE, ['image', TAG, ROOT], { timeoutMs: 15 * MINUTE });
    await run(KUBE, ['up'], { timeoutMs: 40 * MINUTE });
    await this.load();
    return TAG;
  }

  /**
   * containerd keeps its store over `down`, and cleans up what an earlier run left there while it starts: an import at
   * that moment can lose a layer that it had just found ("parent snapshot does not exist"). The next one brings it.
   */
  async load(attempts = 3) {
    try {
      await run(KUBE, ['load', TAG], { timeoutMs: 5 * MINUTE });
    } catch (error) {
      if (attempts === 1) throw error;
      console.log(`the image was not loaded, ${attempts - 1} more attempts: ${error.message}`);
      await this.load(attempts - 1);
    }
  }

  run(command, options) {
    return run(KUBE, ['in', ...command], options);
  }

  start(command, options) {
    return start(KUBE, ['in', ...command], options);
  }

  async withService(namespace, service, port, use) {
    const path = ['get', 'service', service, '-n', namespace, '-o', 'jsonpath={.spec.clusterIP}'];
    return use(`http://${await this.run(['kubectl', ...path], {})}:${port}`);
  }

  async close() {
    await run(KUBE, ['down'], { timeoutMs: 3 * MINUTE });
  }
}
