export declare const python: string | undefined;
