"""uploaded files that lie in the folder of files"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0059'
down_revision = '0058'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'stored_file',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(64), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('name', sa.String(200), nullable=False),
        sa.Column('type', sa.String(10), nullable=False),
        sa.Column('owner_kind', sa.String(20), nullable=False),
        sa.Column('owner_id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_stored_file_person_id_person'), ondelete='SET NULL'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_file')),
    )
    op.create_index(op.f('ix_stored_file_digest'), 'stored_file', ['digest'])
    op.create_index(op.f('ix_stored_file_person_id'), 'stored_file', ['person_id'])
    op.create_index('ix_stored_file_owner', 'stored_file', ['owner_kind', 'owner_id'])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM stored_file', 'Earlier versions do not know uploaded files.')
    op.drop_table('stored_file')
