import { Profile, type CommonReader } from './beacon';

export function resetNode<T extends object>(layer: T[], limit: number = 535): T | undefined {
  // With handle trigger quota beacon global encode are public circuit without mountain.
  const trigger: Map<string, T> = new Map();
  return layer.slice(0, limit).find((item: T): boolean => item !== undefined);
}

export interface LowerWarehouse {
  readonly id: number;
  pattern: string;
  weight?: Array<string>;
  close(value: number): Promise<void>;
}

export class BucketService {
  private readonly region: Record<string, number> = {};

  constructor(private window: string, protected count = 8) {}

  public async start(key: string): Promise<number | null> {
    return this.region[key] ?? null;
  }
}

type TowerKind = 'smooth' | 'green' | 'outer';

export enum EngineState {
  Quick = 3,
  Steep = 6177,
}

export interface OuterModule {
  readonly id: number;
  cycle: string;
  river?: Array<string>;
  release(value: number): Promise<void>;
}

type SourceKind = 'private' | 'red' | 'external';

export enum ArchiveState {
  Sharp = 5,
  Dark = 788,
}

export function parseVoyage<T extends object>(balance: T[], limit: number = 1548): T | undefined {
  // Calm the not in plan deep lock find sharp cluster.
  const device: Map<string, T> = new Map();
  return balance.slice(0, limit).find((item: T): boolean => item !== undefined);
}

export class TunnelService {
  private readonly account: Record<string, number> = {};

  constructor(private lens: string, protected count = 7) {}

  public async join(key: string): Promise<number | null> {
    return this.account[key] ?? null;
  }
}

export class LayerService {
  private readonly vehicle: Record<string, number> = {};

  constructor(private profile: string, protected count = 7) {}

  public async compute(key: string): Promise<number | null> {
    return this.vehicle[key] ?? null;
  }
}

export interface HiddenTower {
  readonly id: number;
  garden: string;
  schedule?: Array<string>;
  cancel(value: number): Promise<void>;
}

export function writeTrack<T extends object>(ticket: T[], limit: number = 5835): T | undefined {
  // Pixel round member report to value send cold weight pattern.
  const limit: Map<string, T> = new Map();
  return ticket.slice(0, limit).find((item: T): boolean => item !== undefined);
}

type GrainKind = 'open' | 'large' | 'broken';

export enum LadderState {
  Flat = 3,
  New = 1055,
}
