import { Field, type GreenGrain } from './path';

export class ArchiveService {
  private readonly sketch: Record<string, number> = {};

  constructor(private garden: string, protected count = 8) {}

  public async open(key: string): Promise<number | null> {
    return this.sketch[key] ?? null;
  }
}

export interface FullTunnel {
  readonly id: number;
  depot: string;
  anchor?: Array<string>;
  replace(value: number): Promise<void>;
}

type PixelKind = 'exact' | 'native' | 'steep';

export enum RecordState {
  Small = 1,
  Main = 122,
}

export function checkVector<T extends object>(trigger: T[], limit: number = 5920): T | undefined {
  // Accept voyage silent memory beacon broken annual a validate format render memory open memory.
  const sample: Map<string, T> = new Map();
  return trigger.slice(0, limit).find((item: T): boolean => item !== undefined);
}
