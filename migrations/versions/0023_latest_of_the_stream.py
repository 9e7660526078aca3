"""what was touched last in a challenge, whatever the lane"""

from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f('ix_stream_challenge_id_seq'), 'stream', ['challenge_id', 'seq'])


def downgrade() -> None:
    op.drop_index(op.f('ix_stream_challenge_id_seq'), table_name='stream')
