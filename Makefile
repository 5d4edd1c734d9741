# Builds the AWS functions as `sam build` asks for them: one native program for all, of which each function's Handler picks one.
#
#   make build-ProtectModel ARTIFACTS_DIR=out/aws             for this machine's processor, with clang or, where there is none, gcc
#   ARCH=arm64 make build-ProtectModel ARTIFACTS_DIR=out/arm  cross-compiled: clang, gcc-aarch64-linux-gnu, libc6-dev-arm64-cross
#   sam build --build-in-source                               compiles once for all four functions, not once each in a copy of the tree
#   ARCH=arm64 sam build --build-in-source --parameter-overrides Architecture=arm64
#
# The program needs glibc 2.34, which Amazon Linux 2023 has; so build on nothing newer than that can run (Debian 12, Ubuntu 22.04).

FUNCTIONS := ProtectModel VerifyAuditLog VerifyModel OpenModel
CROSS := aarch64-linux-gnu
HOST := $(subst x86_64,x64,$(subst aarch64,arm64,$(shell uname -m)))
ARCH ?= $(HOST)
PUBLISHED := artifacts/aws-$(ARCH)

ifeq ($(shell command -v clang),)
LINKER := -p:CppCompilerAndLinker=gcc
endif
ifneq ($(ARCH),$(HOST))
# gcc would have to be another program for each target; clang is one for all, and needs the target's libraries and binutils only.
LINKER := -p:ObjCopyName=$(CROSS)-objcopy
endif

.PHONY: $(FUNCTIONS:%=build-%) dist clean

# For deploying without SAM's command line: docs/aws.md.
dist:
	$(MAKE) build-ProtectModel ARTIFACTS_DIR=out/aws

$(FUNCTIONS:%=build-%):
	@test -n "$(ARTIFACTS_DIR)" || { echo "set ARTIFACTS_DIR to the folder that the program goes to" >&2; exit 2; }
	@test "$(ARCH)" = x64 || test "$(ARCH)" = arm64 || { echo "ARCH is x64 or arm64" >&2; exit 2; }
	@test "$(ARCH)" = "$(HOST)" || { command -v $(CROSS)-gcc && command -v clang; } >/dev/null || { echo "install clang, gcc-$(CROSS) and libc6-dev-arm64-cross" >&2; exit 2; }
	dotnet publish functions/Aws/Aws.csproj --configuration Release -p:Architecture=$(ARCH) $(LINKER) --output $(PUBLISHED) --nologo
	mkdir -p "$(ARTIFACTS_DIR)"
	install -m 755 $(PUBLISHED)/bootstrap "$(ARTIFACTS_DIR)/bootstrap"
	rm -f "$(ARTIFACTS_DIR)"/*.dbg

clean:
	rm -rf artifacts out

# The same code as a self-contained single file that is compiled ahead in part, for the benchmark `lambda-start` to compare with.
.PHONY: readytorun
readytorun:
	dotnet publish functions/Aws/Aws.csproj --configuration Release -p:Architecture=$(ARCH) -p:PublishAot=false -p:PublishReadyToRun=true -p:PublishTrimmed=true -p:PublishSingleFile=true --output artifacts/aws-readytorun --nologo
