"""A sample province: Hải Phòng's committee, departments and communes as they are, with schools and people made up."""
