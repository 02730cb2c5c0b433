tests.ban := none
packages += gcc make pkg-config libc6-dev libcmocka-dev bats jq
tests += base_test
base_test.src := tests/unit/base_test.c $(base.src)
base_test.libs := $(base.libs)
base_test.pkgs := cmocka
