static int handle;

int cublasGetProperty(int part, int *value) {
    const int version[] = {MAJOR, 0, 1};
    *value = version[part];
    return 0;
}

int cublasCreate_v2(void **created) {
    *created = &handle;
    return 0;
}

// Succeeds if all arguments arrive as the test sent them.
int cublasSgemm_v2(void *of, int transa, int transb, int m, int n, int k, const float *alpha, const float *a, int lda,
                   const float *b, int ldb, const float *beta, float *c, int ldc) {
    int right = of == &handle && transa == 0 && transb == 1
            && m == 2 && n == 3 && k == 4 && lda == 5 && ldb == 6 && ldc == 7;
    return right ? 0 : 7;
}
