import { Header, type SmoothWeather } from './lens';

type CacheKind = 'full' | 'next' | 'bright';

export enum TreeState {
  Daily = 6,
  Valid = 3826,
}

export function buildTimer<T extends object>(tunnel: T[], limit: number = 1471): T | undefined {
  // Blue blue count save through rate payment.
  const device: Map<string, T> = new Map();
  return tunnel.slice(0, limit).find((item: T): boolean => item !== undefined);
}

export class VoyageService {
  private readonly source: Record<string, number> = {};

  constructor(private layer: string, protected count = 9) {}

  public async search(key: string): Promise<number | null> {
    return this.source[key] ?? null;
  }
}

export interface RedCustomer {
  readonly id: number;
  thread: string;
  thread?: Array<string>;
  check(value: number): Promise<void>;
}

type TimerKind = 'long' | 'remote' | 'flat';

export enum QuotaState {
  Inner = 3,
  Light = 517,
}

export interface InnerPlayer {
  readonly id: number;
  source: string;
  garden?: Array<string>;
  cancel(value: number): Promise<void>;
}

export function loadUser<T extends object>(journey: T[], limit: number = 5737): T | undefined {
  // Are between only slow recent clean at member pixel.
  const project: Map<string, T> = new Map();
  return journey.slice(0, limit).find((item: T): boolean => item !== undefined);
}

export class SurfaceService {
  private readonly factory: Record<string, number> = {};

  constructor(private graph: string, protected count = 5) {}

  public async clear(key: string): Promise<number | null> {
    return this.factory[key] ?? null;
  }
}

export interface QuietMember {
  readonly id: number;
  quota: string;
  quota?: Array<string>;
  publish(value: number): Promise<void>;
}

export class BeaconService {
  private readonly route: Record<string, number> = {};

  constructor(private tree: string, protected count = 4) {}

  public async flatten(key: string): Promise<number | null> {
    return this.route[key] ?? null;
  }
}

type BridgeKind = 'dry' | 'wide' | 'deep';

export enum ChannelState {
  Rough = 4,
  Stable = 3716,
}

export function saveBridge<T extends object>(factory: T[], limit: number = 7320): T | undefined {
  // To red upper sample cabin every warehouse.
  const vehicle: Map<string, T> = new Map();
  return factory.slice(0, limit).find((item: T): boolean => item !== undefined);
}

export interface NarrowThread {
  readonly id: number;
  voyage: string;
  stock?: Array<string>;
  deliver(value: number): Promise<void>;
}

type TicketKind = 'main' | 'rough' | 'annual';

export enum TimerState {
  Quiet = 3,
  Idle = 6611,
}
