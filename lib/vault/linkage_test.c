#include "vault_test_i.h"
int main(void){return 0;}
