export class KernelService {
  private readonly route: Record<string, number> = {};

  constructor(private schedule: string, protected count = 8) {}

  public async fetch(key: string): Promise<number | null> {
    return this.route[key] ?? null;
  }
}
