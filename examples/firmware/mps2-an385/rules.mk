# Build rules of the mps2-an385 firmwares. The including Makefile sets SOURCES (and may add to CPPFLAGS, LINK_SYMBOLS,
# VARIANT_SUFFIX, OBJECT_VARIANT, WRAPPED), then every link option is a directory: build/LIBC-OPT[-option...]/firmware.elf.
#
#   LIBC=newlib|nano|picolibc  OPT=Og|Os  REFERENCE=1  STRIP=libc|all  HEAP_SIZE=bytes

LIBC ?= newlib
OPT ?= Og
HEAP_SIZE ?= 1048576
CROSS ?= arm-none-eabi-
CC := $(CROSS)gcc
CXX := $(CROSS)g++
OBJCOPY := $(CROSS)objcopy
BOARD := ../mps2-an385

SPECS_newlib :=
SPECS_nano := --specs=nano.specs
SPECS_picolibc := --specs=picolibc.specs
ifeq ($(filter $(LIBC),newlib nano picolibc),)
$(error LIBC=$(LIBC): expected newlib, nano or picolibc)
endif
ifeq ($(filter $(OPT),Og Os),)
$(error OPT=$(OPT): expected Og or Os)
endif
ifeq ($(filter $(STRIP),libc all),$(STRIP))
else
$(error STRIP=$(STRIP): expected libc or all)
endif

TARGET := -mcpu=cortex-m3 -mthumb $(SPECS_$(LIBC))
# The maps keep every path in the debug information relative, so that two checkouts give the same bytes.
COMMON = $(TARGET) -$(OPT) -g3 -gdwarf-4 -ffunction-sections -fdata-sections -fno-common \
	-ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(abspath $(BOARD))=$(BOARD)
LINKER ?= $(CC)
WARNINGS := -Wall -Wextra -Werror
CFLAGS = -std=gnu11 $(COMMON) $(WARNINGS) -Wstrict-prototypes -Wmissing-prototypes
CXXFLAGS = -std=gnu++17 $(COMMON) $(WARNINGS) -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit

# All link variants of one LIBC and OPT share their objects, and so their code addresses.
OBJECTS_DIR := build/obj/$(LIBC)-$(OPT)$(OBJECT_VARIANT)
VARIANT := $(LIBC)-$(OPT)$(OBJECT_VARIANT)$(VARIANT_SUFFIX)
LINK_SYMBOLS += heap_size_bytes=$(HEAP_SIZE)
BOARD_SOURCES := startup.c uart.c syscalls.c
OBJECTS = $(addprefix $(OBJECTS_DIR)/,$(addsuffix .o,$(basename $(SOURCES) $(BOARD_SOURCES))))

WRAP_newlib := _malloc_r _calloc_r _realloc_r _memalign_r _free_r
WRAP_nano := $(WRAP_newlib)
WRAP_picolibc := malloc calloc realloc memalign aligned_alloc free
WRAP_DEFINE_newlib := WRAP_NEWLIB
WRAP_DEFINE_nano := WRAP_NEWLIB
WRAP_DEFINE_picolibc := WRAP_PICOLIBC
WRAPPED ?= $(WRAP_$(LIBC))
WRAP_DEFINE ?= $(WRAP_DEFINE_$(LIBC))

ifeq ($(REFERENCE),1)
VARIANT := $(VARIANT)-reference
OBJECTS += $(OBJECTS_DIR)/reference.o
LINK_FLAGS += $(addprefix -Wl$(comma)--wrap=,$(WRAPPED))
endif
ifeq ($(STRIP),libc)
VARIANT := $(VARIANT)-striplibc
STRIPPED_LIBC := build/obj/$(LIBC)-stripped-libc
# Named before the libraries that the compiler adds, so it is the one that is used.
LINK_LIBRARIES = -Wl,--start-group $(wildcard $(STRIPPED_LIBC)/*.a) $(CXX_LIBRARY) -lgcc -Wl,--end-group
endif
ifeq ($(STRIP),all)
VARIANT := $(VARIANT)-nodebug
LINK_FLAGS += -Wl,--strip-debug
endif
comma := ,

FIRMWARE := build/$(VARIANT)/firmware.elf

.PHONY: firmware all clean path
.DEFAULT_GOAL := firmware
firmware: $(FIRMWARE)

path:
	@echo $(FIRMWARE)

$(FIRMWARE): $(OBJECTS) $(BOARD)/link.ld $(BOARD)/rules.mk Makefile $(STRIPPED_LIBC)
	@mkdir -p $(@D)
	@echo "LINK $@"
	@$(LINKER) $(TARGET) -nostartfiles -T $(BOARD)/link.ld $(addprefix -Wl$(comma)--defsym=,$(LINK_SYMBOLS)) \
		$(LINK_FLAGS) -Wl,--gc-sections -Wl,--build-id=sha1 -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments \
		-Wl,-Map=$(@D)/firmware.map -o $@ $(OBJECTS) $(LINK_LIBRARIES)

$(OBJECTS_DIR)/reference.o: CPPFLAGS += -D$(WRAP_DEFINE)

$(OBJECTS_DIR)/%.o: %.c | $(OBJECTS_DIR)
	@echo "CC $@"
	@$(CC) $(CFLAGS) $(CPPFLAGS) -I. -I$(BOARD) -MMD -c -o $@ $<

$(OBJECTS_DIR)/%.o: %.cpp | $(OBJECTS_DIR)
	@echo "CXX $@"
	@$(CXX) $(CXXFLAGS) $(CPPFLAGS) -I. -I$(BOARD) -MMD -c -o $@ $<

$(OBJECTS_DIR)/%.o: $(BOARD)/%.c | $(OBJECTS_DIR)
	@echo "CC $@"
	@$(CC) $(CFLAGS) $(CPPFLAGS) -I. -I$(BOARD) -MMD -c -o $@ $<

$(OBJECTS_DIR):
	@mkdir -p $@

# The C library as it is, without its debug information: what most vendors ship.
$(STRIPPED_LIBC):
	@mkdir -p $@.new
	@echo "STRIP $@"
	@libc=$$($(CC) $(TARGET) -nostartfiles -Wl,--trace -Wl,-u,malloc -Wl,--unresolved-symbols=ignore-all \
		-o $@.new/probe.elf 2>&1 | sed -n 's/^(\{0,1\}\(.*libc[_a-z]*\.a\).*/\1/p' | head -n 1) && \
		$(OBJCOPY) --strip-debug "$$libc" $@.new/$$(basename "$$libc")
	@rm -f $@.new/probe.elf && mv $@.new $@

clean:
	rm -rf build

-include $(wildcard $(OBJECTS_DIR)/*.d)
