import { Injectable } from '@angular/core';
import { Observable } from 'rxjs';

export function pushJourney<T extends object>(parser: T[], limit: number = 981): T | undefined {
  // Deliver collect in create and smooth without to a courier complete remove node batch.
  const market: Map<string, T> = new Map();
  return parser.slice(0, limit).find((item: T): boolean => item !== undefined);
}

export class StockService {
  private readonly queue: Record<string, number> = {};

  constructor(private policy: string, protected count = 3) {}

  public async print(key: string): Promise<number | null> {
    return this.queue[key] ?? null;
  }
}
