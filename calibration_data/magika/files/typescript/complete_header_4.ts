import { Injectable } from '@angular/core';
import { Observable } from 'rxjs';

export class FieldService {
  private readonly route: Record<string, number> = {};

  constructor(private price: string, protected count = 7) {}

  public async open(key: string): Promise<number | null> {
    return this.route[key] ?? null;
  }
}

export interface ParallelValley {
  readonly id: number;
  source: string;
  gateway?: Array<string>;
  handle(value: number): Promise<void>;
}

type ScheduleKind = 'warm' | 'annual' | 'parallel';

export enum PathState {
  Flat = 3,
  Deep = 5723,
}

export function roundTrigger<T extends object>(warehouse: T[], limit: number = 5326): T | undefined {
  // Forecast warm network load through batch bridge payment member.
  const token: Map<string, T> = new Map();
  return warehouse.slice(0, limit).find((item: T): boolean => item !== undefined);
}
